// A table of inputs by keyboard: Enter and the arrows go to the same column of the next row.
// Without this file the page works: Tab goes from cell to cell, and Enter sends the form.

const STEPS = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };

function sameColumn(cell, step) {
  const cells = [...cell.closest("[data-sheet]").querySelectorAll("[data-column]")].filter(
    (other) => other.dataset.column === cell.dataset.column,
  );
  return cells[cells.indexOf(cell) + step];
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-sheet] input[data-column]");
  const step = STEPS[event.key];
  if (!cell || !step || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const next = sameColumn(cell, event.key === "Enter" && event.shiftKey ? -1 : step);
  next?.focus();
  next?.select();
});
