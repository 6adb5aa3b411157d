// What the pages do in the browser: buttons that say something, keys, dark or light.
"use strict";
(() => {
  const input = () => document.querySelector("textarea.say-input, .say-input textarea");
  const said = [];
  let back = 0;
  let picking = "";

  function fill(text) {
    const field = input();
    if (!field) return;
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(text.length, text.length);
  }

  function toggleTheme() {
    Quasar.Dark.toggle();
    localStorage.setItem("theme", Quasar.Dark.isActive ? "dark" : "light");
  }

  function pick(command) {
    picking = command;
    emitEvent("pick");
    setTimeout(() => document.querySelector(".q-dialog .tree-search")?.focus(), 250);
  }

  function chosen(path) {
    if (picking === "say") fill(path);
    else if (picking) emitEvent("say", `${picking} ${path}`);
    picking = "";
  }

  document.addEventListener("click", (e) => {
    const button = e.target.closest("button");
    if (!button) return;
    if (button.dataset.say) emitEvent("say", button.dataset.say);
    else if (button.dataset.fill) fill(button.dataset.fill);
    else if (button.dataset.pick) pick(button.dataset.pick);
    else if (button.dataset.choose) emitEvent("choose", button.dataset.choose);
    else if (button.dataset.skip !== undefined) emitEvent("skip");
    else if (button.id === "theme") toggleTheme();
    else if (button.id === "logout") fetch("/logout", { method: "POST" }).then(() => location.assign("/login"));
  });

  document.addEventListener("chosen", (e) => {
    if (e.target.dataset.mode === "review") emitEvent("choose", e.detail);
    else {
      emitEvent("picked");
      chosen(e.detail);
    }
  });

  const REVIEW_KEYS = { a: ".case .say.main", s: ".case [data-skip]" };

  document.addEventListener("keydown", (e) => {
    const field = input();
    const typing = e.target.matches("input, textarea, [role=tree]");
    const pressed = !typing && !e.ctrlKey && !e.metaKey && !e.altKey && REVIEW_KEYS[e.key] && document.querySelector(REVIEW_KEYS[e.key]);
    if (pressed) pressed.click();
    else if (e.altKey && e.code === "KeyT") toggleTheme();
    else if (e.altKey && e.code === "KeyN") location.assign("/");
    else if (e.altKey && e.code === "KeyC") {
      if (field) pick("/correct");
      else document.querySelector(".tree-search")?.focus();
    } else if (e.key === "/" && !typing) (field ?? document.querySelector(".tree-search"))?.focus();
    else if (e.key === "Enter" && e.target === field && !e.shiftKey) {
      if (field.value.trim()) said.push(field.value);
      back = 0;
      return;
    } else if (e.key === "ArrowUp" && e.target === field && (field.value === "" || back) && said.length > back) {
      fill(said.at(-++back));
    } else return;
    e.preventDefault();
  });

  window.dualExpert = {
    toEnd() {
      setTimeout(() => window.scrollTo({ top: document.body.scrollHeight }), 50);
    },
    replied(path) {
      if (location.pathname !== path) history.replaceState(null, "", path);
      // To the beginning of the answer, which may be longer than the screen.
      setTimeout(() => {
        const turns = document.querySelectorAll(".turn");
        const top = turns[turns.length - 1]?.getBoundingClientRect().top;
        if (top !== undefined) window.scrollTo({ top: window.scrollY + top - 120 });
        input()?.focus({ preventScroll: true });
      }, 50);
    },
  };

  window.addEventListener("load", () => {
    const theme = localStorage.getItem("theme");
    if (theme) setTimeout(() => Quasar.Dark.set(theme === "dark"), 0);
  });
})();
