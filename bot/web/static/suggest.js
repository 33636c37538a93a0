// While somebody types, the list has lines that begin so, and what the network does not know is said at once.
"use strict";

{
  const field = document.getElementById("words"), list = document.getElementById("proposed");
  const known = document.getElementById("known"), usual = list.innerHTML;
  let timer, asked = "";

  const ask = async () => {
    const text = field.value;
    if (text === asked) return;
    asked = text;
    if (!text.trim()) {
      list.innerHTML = usual;
      known.textContent = "";
      return;
    }
    try {
      const answer = await fetch("/try/words?q=" + encodeURIComponent(text));
      if (!answer.ok || field.value !== text) return;
      const say = await answer.json();
      list.replaceChildren(...say.options.map((line) => new Option(line, line)));
      known.textContent = say.options.length ? "" : say.problem; // what may still become a word is none yet
    } catch { /* the server will say it when the form is sent */ }
  };

  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
}
