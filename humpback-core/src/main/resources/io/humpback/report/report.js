(() => {
  const list = document.getElementById("pairs");
  if (!list) return;
  const [tools, search, filter, sort, shown] =
      ["tools", "search", "filter", "sort", "shown"].map(id => document.getElementById(id));
  const pairs = [...list.children];
  const score = (pair, none) => pair.dataset.score === "" ? none : Number(pair.dataset.score);
  const orders = {
    score: (a, b) => score(b, -Infinity) - score(a, -Infinity) || 0,
    worst: (a, b) => score(a, Infinity) - score(b, Infinity) || 0,
    length: (a, b) => b.dataset.length - a.dataset.length,
  };
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
    let count = 0;
    for (const pair of pairs) {
      const text = pair.textContent.toLowerCase();
      pair.hidden = filter.value && pair.dataset.fate !== filter.value || !words.every(word => text.includes(word));
      count += pair.hidden ? 0 : 1;
    }
    list.append(...(sort.value ? [...pairs].sort(orders[sort.value]) : pairs));
    shown.value = count + " of " + pairs.length;
  };
  [search, filter, sort].forEach(input => input.addEventListener("input", show));
  tools.hidden = false;
  show();
})();
