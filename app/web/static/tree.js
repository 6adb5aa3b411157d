// A tree over a large taxonomy: only what is open is in the page; branches and hits come from the server.
"use strict";
(() => {
  const PAGE = 200;

  class Tree {
    constructor(box) {
      this.box = box;
      this.search = box.querySelector(".tree-search");
      this.list = box.querySelector(".tree");
      this.count = box.querySelector(".tree-count");
      this.asked = 0;
      this.active = null;
      this.search.addEventListener("input", () => this.find(this.search.value));
      this.search.addEventListener("keydown", (e) => this.fromSearch(e));
      this.list.addEventListener("keydown", (e) => this.fromTree(e));
      this.list.addEventListener("click", (e) => this.clicked(e));
      this.find("");
    }

    async get(parameters) {
      const answer = await fetch("/tree?" + new URLSearchParams(parameters));
      if (!answer.ok) throw new Error(answer.statusText);
      return answer.json();
    }

    async find(words) {
      const asked = ++this.asked;
      const found = await this.get({ q: words });
      if (asked !== this.asked) return; // a later keystroke was faster
      const searching = words.trim() !== "";
      this.list.replaceChildren(...found.branches.map((b, i) => this.row(b, (found.branches[i + 1]?.depth ?? 0) > b.depth)));
      this.more(found, "", 0, this.list.lastElementChild);
      const hits = found.branches.filter((b) => b.hit).length;
      this.count.textContent = searching
        ? `${found.total.toLocaleString("en")} found${hits < found.total ? `, the best ${hits} shown` : ""}`
        : "";
      this.list.dataset.query = words;
      const hit = this.list.querySelector('.hit:not([data-id=""])') ?? this.list.querySelector(".hit");
      this.activate(searching ? hit : this.list.querySelector(".branch"));
    }

    row(branch, open) {
      const row = document.createElement("li");
      row.className = "branch" + (branch.hit ? " hit" : "");
      row.role = "treeitem";
      row.dataset.path = branch.path;
      row.dataset.id = branch.category_id;
      row.dataset.depth = branch.depth;
      row.style.setProperty("--depth", branch.depth);
      row.setAttribute("aria-level", branch.depth + 1);
      row.setAttribute("aria-selected", "false");
      if (branch.below) row.setAttribute("aria-expanded", String(open));
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = branch.name;
      row.append(name);
      if (branch.below) {
        const below = document.createElement("span");
        below.className = "below";
        below.textContent = branch.below.toLocaleString("en");
        row.append(below);
      }
      return row;
    }

    more(found, under, offset, last) {
      const shown = offset + found.branches.length;
      if (!last || this.search.value.trim() || shown >= found.total) return;
      const row = document.createElement("li");
      row.className = "more";
      row.tabIndex = 0;
      row.textContent = `${(found.total - shown).toLocaleString("en")} more`;
      row.style.setProperty("--depth", last.dataset.depth);
      row.onclick = async () => {
        const next = await this.get({ under, offset: shown });
        const rows = next.branches.map((b) => this.row(b, false));
        row.replaceWith(...rows);
        this.more(next, under, shown, rows.at(-1));
      };
      row.onkeydown = (e) => e.key === "Enter" && row.onclick();
      last.after(row);
    }

    async open(row) {
      if (row.getAttribute("aria-expanded") !== "false") return;
      row.setAttribute("aria-expanded", "true");
      const found = await this.get({ under: row.dataset.path });
      const rows = found.branches.map((b) => this.row(b, false));
      row.after(...rows);
      if (rows.length) this.more(found, row.dataset.path, 0, rows.at(-1));
    }

    close(row) {
      if (row.getAttribute("aria-expanded") !== "true") return;
      row.setAttribute("aria-expanded", "false");
      const depth = Number(row.dataset.depth);
      for (let next = row.nextElementSibling; next; next = row.nextElementSibling) {
        if (Number(next.dataset.depth ?? depth + 1) <= depth) break;
        next.remove();
      }
    }

    activate(row) {
      this.active?.setAttribute("aria-selected", "false");
      this.active = row;
      if (!row) return;
      row.setAttribute("aria-selected", "true");
      row.id ||= "branch-" + Math.random().toString(36).slice(2);
      this.list.setAttribute("aria-activedescendant", row.id);
      this.search.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
      if (this.box.dataset.mode === "review" && row.dataset.id) this.lookUpSoon(row.dataset.id);
    }

    lookUpSoon(id) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => emitEvent("look-up", id), 250);
    }

    move(step) {
      let row = this.active;
      do row = step > 0 ? row?.nextElementSibling : row?.previousElementSibling;
      while (row && !row.classList.contains("branch"));
      if (row) this.activate(row);
    }

    choose(row) {
      if (!row) return;
      if (!row.dataset.id) this.open(row);
      else this.box.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: row.dataset.path }));
    }

    fromSearch(e) {
      if (e.key === "ArrowDown") this.move(1);
      else if (e.key === "ArrowUp") this.move(-1);
      else if (e.key === "Enter") this.choose(this.active);
      else return;
      e.preventDefault();
    }

    fromTree(e) {
      const row = this.active;
      if (e.target !== this.list) return;
      if (e.key === "ArrowDown") this.move(1);
      else if (e.key === "ArrowUp") this.move(-1);
      else if (e.key === "ArrowRight" && row) {
        if (row.getAttribute("aria-expanded") === "false") this.open(row);
        else this.move(1);
      } else if (e.key === "ArrowLeft" && row) {
        if (row.getAttribute("aria-expanded") === "true") this.close(row);
        else this.toParent(row);
      } else if (e.key === "Enter") this.choose(row);
      else return;
      e.preventDefault();
    }

    toParent(row) {
      let above = row;
      while (above && !(Number(above.dataset.depth) < Number(row.dataset.depth))) above = above.previousElementSibling;
      if (above) this.activate(above);
    }

    clicked(e) {
      const row = e.target.closest(".branch");
      if (!row) return;
      this.activate(row);
      const expanded = row.getAttribute("aria-expanded");
      const picks = this.box.dataset.mode === "pick" && expanded === null;
      if (row.dataset.id && (picks || e.detail === 2)) this.choose(row);
      else if (expanded === "false") this.open(row);
      else if (expanded === "true") this.close(row);
    }
  }

  // The framework puts boxes into the page whenever it likes.
  const begin = () => {
    for (const box of document.querySelectorAll(".tree-box:not([data-begun])")) {
      box.dataset.begun = "";
      box.tree = new Tree(box);
    }
  };
  new MutationObserver(begin).observe(document.documentElement, { childList: true, subtree: true });
  begin();
})();
