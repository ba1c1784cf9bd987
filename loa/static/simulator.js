"use strict";
// The page works without this: it only keeps the newest text in view and fills in the examples.
const texts = document.getElementById("texts");
const text = document.getElementById("text");
const toEnd = () => { texts.scrollTop = texts.scrollHeight; };
let shown = texts.childElementCount;

document.body.addEventListener("htmx:afterSwap", () => {
  if (texts.childElementCount !== shown) { shown = texts.childElementCount; toEnd(); }
});
document.querySelector(".write").addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) { text.value = ""; text.focus(); }
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); text.form.requestSubmit(); }
});
document.querySelector(".examples").addEventListener("click", (event) => {
  if (event.target.dataset.text) { text.value = event.target.dataset.text; text.focus(); }
});
toEnd();
