"""The nouns of equalis: frozen values, standard library only, no I/O of any kind."""
