"use strict";
// Shows what is asked, sends what was typed; what is right or wrong is for the process behind the page to say.

const main = document.getElementById("main");
const READY = { briefing: "Le produit est prêt", wait: "C'est fait", check: "Confirmer" };
let version = -1;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function list(pairs) {
  const made = element("dl");
  for (const [label, value] of pairs) made.append(element("dt", label), element("dd", value));
  return made;
}

function control(field, id) {
  const words = field.type === "boolean" ? ["true", "false"] : field.values;
  if (words.length && !field.many) {
    const made = element("select", undefined, { id });
    made.append(element("option", "— rien à voir —", { value: "" }));
    for (const word of words) made.append(element("option", { true: "oui", false: "non" }[word] || word, { value: word }));
    return made;
  }
  if (field.many) return element("textarea", undefined, { id, rows: "3" });
  const type = field.type === "date" ? "date" : "text";
  return element("input", undefined, { id, type, autocomplete: "off", ...(["money", "integer"].includes(field.type) ? { inputmode: "decimal" } : {}) });
}

function row(field, number) {
  const id = `field-${number}`;
  const made = element("div");
  made.dataset.name = field.name;
  made.append(element("label", field.label, { for: id }), control(field, id));
  if (field.many) made.append(element("p", field.values.length ? `Une valeur par ligne : ${field.values.join(", ")}` : "Une valeur par ligne", { class: "hint" }));
  return made;
}

function attachments() {
  const made = element("div");
  made.dataset.name = "attachments";
  const input = element("input", undefined, { id: "files", type: "file", multiple: "", accept: "image/png,image/jpeg,application/pdf" });
  made.append(element("label", "Pièces jointes (photo, capture ou PDF)", { for: "files" }), input);
  return made;
}

function read(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done({ name: file.name, content: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}

function complain(problems) {
  for (const old of main.querySelectorAll(".wrong")) old.remove();
  for (const input of main.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const [name, text] of Object.entries(problems)) {
    const place = [...main.querySelectorAll("[data-name]")].find((item) => item.dataset.name === name);
    const input = place && place.querySelector("input, select, textarea");
    const id = `wrong-${name || "all"}`;
    if (input) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", id);
    }
    (place || main).append(element("p", text, { class: "wrong", role: "alert", id }));
  }
  const first = main.querySelector("[aria-invalid]");
  if (first) first.focus();
}

async function send(again = false) {
  for (const each of main.querySelectorAll("button")) each.disabled = true;
  const asked = version;
  const values = {};
  for (const place of main.querySelectorAll("[data-name]")) {
    if (place.dataset.name !== "attachments") values[place.dataset.name] = place.querySelector("input, select, textarea").value;
  }
  const files = document.getElementById("files");
  try {
    const attached = await Promise.all([...(files ? files.files : [])].map(read));
    const answer = await fetch("answer", { method: "POST", body: JSON.stringify({ version: asked, values, attachments: attached, again }) });
    if (answer.ok) keep();
    complain(answer.ok ? {} : answer.status === 422 ? await answer.json() : { "": `refusé (HTTP ${answer.status})` });
    for (const each of main.querySelectorAll("button")) each.disabled = answer.ok;
  } catch (error) {
    complain({ "": `la réponse n'est pas partie : ${error.message}` });
    for (const each of main.querySelectorAll("button")) each.disabled = false;
  }
}

function show(asked) {
  if (asked.case !== undefined) document.getElementById("case").textContent = asked.case;
  const parts = [];
  if (asked.kind === "briefing") {
    parts.push(element("h1", "Avant le cas"), list(asked.persons), list(Object.entries(asked.services)));
    if (asked.world.length) parts.push(list([["état de départ", asked.world.join(", ")]]));
  } else if (asked.kind === "task") {
    parts.push(element("p", asked.title, { class: "hint" }), element("h1", asked.sentence), list(asked.inputs));
    asked.fields.forEach((field, number) => parts.push(row(field, number)));
    parts.push(attachments());
    if (Object.keys(asked.before).length) parts.push(element("p", "Les pièces jointes sont à choisir de nouveau.", { class: "hint" }));
  } else if (asked.kind === "check") {
    parts.push(element("p", asked.sentence, { class: "hint" }), element("h1", "Voici ce que vous avez saisi"), list(asked.typed));
  } else if (asked.kind === "wait") {
    parts.push(element("h1", asked.sentence));
  } else {
    parts.push(element("p", asked.kind === "over" ? "La séance est finie. Cette page peut être fermée." : "Un instant…"));
  }
  if (["briefing", "task", "wait", "check"].includes(asked.kind)) {
    const button = element("button", READY[asked.kind] || "Envoyer ce que le produit montre", { class: "main", type: "button", id: "send" });
    button.addEventListener("click", () => send());
    parts.push(button);
  }
  if (asked.kind === "check") {
    const again = element("button", "Reprendre", { type: "button", id: "again" });
    again.addEventListener("click", () => send(true));
    parts.push(again);
  }
  main.replaceChildren(...parts);
  const title = main.querySelector("h1");
  if (title) {
    title.tabIndex = -1;
    title.focus();
  }
  remember(asked.before || {});
}

function kept(key) {
  try {
    return sessionStorage.getItem(key);
  } catch (error) {
    return null; // a browser that keeps nothing
  }
}

function keep(key, value) {
  try {
    if (key === undefined) sessionStorage.clear();
    else sessionStorage.setItem(key, value);
  } catch (error) {
    return; // a browser that keeps nothing
  }
}

// What was typed survives a page that is loaded anew, for as long as the same question is asked; what was taken back is there again.
function remember(before) {
  for (const place of main.querySelectorAll("[data-name]")) {
    const input = place.querySelector("input:not([type=file]), select, textarea");
    if (!input) continue;
    const key = `${location.pathname} ${version} ${place.dataset.name}`; // the path holds the random word of this session
    input.value = kept(key) ?? before[place.dataset.name] ?? "";
    input.addEventListener("input", () => keep(key, input.value));
  }
}

async function follow() {
  for (let failures = 0; ; ) {
    try {
      const asked = await (await fetch(`state?known=${version}`)).json();
      if (asked.version !== version) {
        version = asked.version;
        show(asked);
      }
      failures = 0;
      if (asked.kind === "over") return keep();
    } catch (error) {
      failures += 1;
      if (failures === 3) complain({ "": "equalis ne répond plus : la séance est peut-être finie, voyez le terminal" });
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

document.getElementById("leave").addEventListener("click", () => {
  if (!confirm("Interrompre la séance ? Le cas commencé sera rejoué à la reprise.")) return;
  keep();
  fetch("leave", { method: "POST", body: "{}" });
});
if (["127.0.0.1", "localhost", "[::1]"].includes(location.hostname)) document.querySelector("details").hidden = true; // no tablet comes here
follow();
