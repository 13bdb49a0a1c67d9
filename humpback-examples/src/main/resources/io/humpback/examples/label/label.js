"use strict";
(() => {
  const $ = id => document.getElementById(id);
  let state = null;
  let since = 0;
  let busy = false;

  // Markdown becomes elements of a few kinds that hold text alone: no link, picture or markup of the text's own.
  function inline(parent, text) {
    const parts = /(`[^`\n]+`)|(\*\*[^*\n]+\*\*)|(\*[^*\s][^*\n]*\*)/g;
    let at = 0;
    for (const part of text.matchAll(parts)) {
      parent.append(text.slice(at, part.index));
      const name = part[1] ? "code" : part[2] ? "strong" : "em";
      const cut = part[2] ? 2 : 1;
      const element = document.createElement(name);
      element.textContent = part[0].slice(cut, -cut);
      parent.append(element);
      at = part.index + part[0].length;
    }
    parent.append(text.slice(at));
  }

  function block(parent, name, text) {
    const element = document.createElement(name);
    inline(element, text);
    parent.append(element);
  }

  function markdown(parent, text) {
    parent.replaceChildren();
    const lines = text.split("\n");
    let paragraph = [];
    let list = null;
    const flush = () => {
      if (paragraph.length) block(parent, "p", paragraph.join("\n"));
      paragraph = [];
    };
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      const fence = /^\s{0,3}(```+|~~~+)/.exec(line);
      const heading = /^#{1,6}\s+(.*)$/.exec(line);
      const item = /^\s{0,8}([-*+]|\d{1,9}[.)])\s+(.*)$/.exec(line);
      const quote = /^>\s?(.*)$/.exec(line);
      if (!item) list = null;
      if (fence) {
        flush();
        const code = [];
        while (++i < lines.length && !lines[i].trim().startsWith(fence[1])) code.push(lines[i]);
        const pre = document.createElement("pre");
        pre.textContent = code.join("\n");
        parent.append(pre);
      } else if (heading) {
        flush();
        block(parent, "h3", heading[1]);
      } else if (item) {
        flush();
        const name = /\d/.test(item[1]) ? "OL" : "UL";
        if (!list || list.tagName !== name) {
          list = document.createElement(name);
          if (name === "OL") list.start = parseInt(item[1], 10);
          parent.append(list);
        }
        block(list, "li", item[2]);
      } else if (quote) {
        flush();
        block(parent, "blockquote", quote[1]);
      } else if (line.trim() === "") {
        flush();
      } else {
        paragraph.push(line);
      }
    }
    flush();
  }

  function answers() {
    const rating = state.scale === "RATING";
    const all = rating ? [1, 2, 3, 4, 5].map(n => [String(n), n, ""]) : [["bad", 0, "b"], ["good", 1, "g"]];
    for (const [text, label, key] of all) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = rating ? "" : text;
      button.textContent = text + " ";
      if (key) {
        const hint = document.createElement("kbd");
        hint.textContent = key;
        button.append(hint);
      }
      button.addEventListener("click", () => give(label));
      $("answers").append(button);
    }
  }

  function number(value) {
    return Number(value).toFixed(2);
  }

  function facts() {
    const known = state.known;
    const facts = $("facts");
    facts.replaceChildren();
    block(facts, "p", known.labels + " labels, " + known.good + " of them good.");
    if (known.roc_auc) {
      block(facts, "p", "The judge ranks a good pair above a bad one in " + number(known.roc_auc.value)
          + " of cases (ROC-AUC; 95 % interval " + number(known.roc_auc.low) + " to " + number(known.roc_auc.high) + ").");
    }
    const table = document.createElement("table");
    const row = (cells, name) => {
      const tr = document.createElement("tr");
      for (const cell of cells) block(tr, name, cell);
      table.append(tr);
    };
    row(["scores", "pairs", "labels", "good", ""], "th");
    for (const s of known.strata) {
      row([number(s.from) + " to " + number(s.to), String(s.pairs), String(s.labels), String(s.good),
        s.teaches_most ? "one more label here tells most" : ""], "td");
    }
    facts.append(table);
    for (const a of known.agreement) {
      block(facts, "p", a.pairs === 0 ? "No pair in common with " + a.with + "."
          : "With " + a.with + ": " + a.pairs + " pairs in common, " + Math.round(100 * a.same) + " % the same"
          + (a.kappa === undefined ? "" : ", kappa " + number(a.kappa)) + "; good are " + Math.round(100 * a.good_own)
          + " % here and " + Math.round(100 * a.good_other) + " % there.");
    }
  }

  function show(next) {
    const first = state === null;
    const before = state && state.pair ? state.pair.id : null;
    state = next;
    if (first) answers();
    $("bar").max = state.total;
    $("bar").value = state.done;
    $("count").textContent = state.done + " of " + state.total + (state.skipped ? ", " + state.skipped + " skipped" : "");
    $("pair").hidden = !state.pair;
    $("done").hidden = Boolean(state.pair);
    for (const button of $("answers").children) button.disabled = !state.pair;
    $("skip").disabled = !state.pair;
    $("undo").disabled = !state.can_undo;
    if (state.pair && state.pair.id !== before) {
      markdown($("instruction"), state.pair.instruction);
      markdown($("response"), state.pair.response);
      $("response").scrollTop = 0;
      $("note").value = "";
      window.scrollTo(0, 0);
      since = performance.now();
    }
    facts();
  }

  async function ask(what, body) {
    if (busy) return;
    busy = true;
    try {
      const reply = await fetch(what, body === undefined ? {} : { method: "POST", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json" } });
      if (!reply.ok) throw new Error(await reply.text());
      show(await reply.json());
      $("failure").hidden = true;
    } catch (e) {
      $("failure").textContent = "Not recorded: " + e.message;
      $("failure").hidden = false;
    } finally {
      busy = false;
    }
  }

  function give(label) {
    if (state && state.pair) {
      ask("label", { id: state.pair.id, label, note: $("note").value, seconds: (performance.now() - since) / 1000 });
    }
  }

  async function finish() {
    await ask("finish", {});
    document.querySelector("footer").hidden = true;
    $("pair").hidden = true;
    $("done").hidden = false;
    $("done").textContent = "Finished: " + state.done + " labels are in the file. This page can be closed.";
    $("known").open = true;
  }

  $("skip").addEventListener("click", () => state.pair && ask("skip", { id: state.pair.id }));
  $("undo").addEventListener("click", () => ask("undo", {}));
  $("finish").addEventListener("click", finish);
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !state) return;
    if (event.target === $("note")) {
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        $("note").blur();
      }
      return;
    }
    const rating = state.scale === "RATING";
    if (rating && /^[1-5]$/.test(event.key)) give(Number(event.key));
    else if (!rating && event.key === "g") give(1);
    else if (!rating && event.key === "b") give(0);
    else if (event.key === "s") $("skip").click();
    else if (event.key === "u") $("undo").click();
    else if (event.key === "n") {
      event.preventDefault();
      $("note").focus();
    }
  });
  ask("state");
})();
