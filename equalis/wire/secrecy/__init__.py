"""Where secrets stand in messages and texts: by name and by form, for each media type; pure, and in linear time.

``messages`` is the way in. What is found is given to a ``Cover``, which says what is written in its place.
"""
