"use strict";
// The page works without this: it keeps the newest text in view, tells a screen reader of it, and sends on Enter.
const news = document.getElementById("news");
const trouble = document.getElementById("trouble");
const toEnd = (screen) => { screen.scrollTop = screen.scrollHeight; };
const arrived = (screen) => screen.querySelectorAll(".theirs:not(.not-seen) .text");
const counts = new Map();

const tellNews = (screen) => {
  const texts = arrived(screen);
  if (texts.length > counts.get(screen)) news.textContent = `${screen.ariaLabel}: ${texts[texts.length - 1].textContent}`;
  counts.set(screen, texts.length);
};

for (const screen of document.querySelectorAll(".screen")) { counts.set(screen, arrived(screen).length); toEnd(screen); }

// Who reads further up is left there.
document.body.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  target.dataset.atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
});
document.body.addEventListener("htmx:afterSwap", ({ detail: { target, requestConfig } }) => {
  const sent = requestConfig.verb === "post";
  if (sent || target.dataset.atEnd === "true") toEnd(target);
  if (sent && document.activeElement === document.body) target.parentElement.querySelector("textarea").focus();
  tellNews(target);
});
document.body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!detail.successful) return;
  trouble.hidden = true;
  if (target.matches(".write")) target.elements.text.value = "";
});
for (const failed of ["htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(failed, () => {
    if (!trouble.hidden) return;
    trouble.textContent = "Không nói chuyện được với máy chủ. Trang tự thử lại mỗi giây.";
    trouble.hidden = false;
  });
}
document.body.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});
