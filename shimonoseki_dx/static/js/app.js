// What the pages do beyond HTML and htmx: focus after a swap, keys, messages, ticking all rows.
// The hooks are data- attributes; css/components.css lists them. Without this file every page works.

const SUCCESS_SECONDS = 10;

const FAILURES = {
  0: "サーバーに接続できませんでした。通信の状態を確かめて、もう一度操作してください。",
  403: "この操作をする権限がありません。担当の部局室を確かめるか、情報政策課へお問い合わせください。",
  404: "対象のデータが見つかりませんでした。ページを読み込み直してください。",
  413: "送信した内容が大きすぎます。件数やファイルを分けて、もう一度操作してください。",
};
const OTHER_FAILURE =
  "操作を完了できませんでした。ページを読み込み直し、内容を確かめてからもう一度操作してください。";

const ROW_STEPS = { ArrowDown: 1, ArrowUp: -1 };

const wideScreen = window.matchMedia("(min-width: 40.0625rem)");

function isShown(text) {
  const texts = document.querySelectorAll("#toast-alerts [data-toast-text]");
  return [...texts].some((shown) => shown.textContent === text);
}

function showToast(kind, text, number = "") {
  const isError = kind === "error";
  if (isError && isShown(text)) return; // what asks every second fails every second
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.classList.toggle("toast--error", isError);
  toast.querySelector("[data-toast-label]").textContent = isError ? "エラー" : "完了";
  toast.querySelector("[data-toast-text]").textContent = text;
  if (number) toast.querySelector("[data-toast-number]").textContent = `お問い合わせ番号：${number}`;
  // An error stays until it is closed. A success makes room for the next one, and goes by itself
  // unless somebody is reading or closing it.
  if (isError) {
    document.getElementById("toast-alerts").append(toast);
  } else {
    document.getElementById("toast-statuses").replaceChildren(toast);
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) {
        window.setTimeout(leave, 1000);
      } else {
        toast.remove();
      }
    };
    window.setTimeout(leave, SUCCESS_SECONDS * 1000);
  }
}

function takeToasts() {
  for (const message of document.querySelectorAll("#toast-inbox [data-toast]")) {
    showToast(message.dataset.toast, message.textContent.trim());
    message.remove();
  }
}

function moveFocus() {
  const pointer = document.querySelector("[data-focus-id]");
  const target = pointer
    ? document.getElementById(pointer.dataset.focusId)
    : document.querySelector("[data-autofocus]");
  // Taken once: a later swap elsewhere must not pull the focus back.
  pointer?.removeAttribute("data-focus-id");
  document.querySelector("[data-autofocus]")?.removeAttribute("data-autofocus");
  target?.focus();
}

// An answer is of another height than the form it replaces; its row stays where the eye is.
let placed = null;

function notePlace(target) {
  const row = target.closest("tbody[id]");
  placed = row && { id: row.id, top: row.getBoundingClientRect().top };
}

function keepInPlace() {
  const row = placed && document.getElementById(placed.id);
  // A long table scrolls within its own region; what that cannot do the page does.
  for (const box of row ? [row.closest(".table-region"), document.scrollingElement] : []) {
    if (box) box.scrollTop += row.getBoundingClientRect().top - placed.top;
  }
  placed = null;
}

function checkboxesOf(name) {
  return [...document.querySelectorAll('input[type="checkbox"]')].filter(
    (box) => box.name === name && !box.disabled,
  );
}

function showSelection() {
  for (const all of document.querySelectorAll("[data-select-all]")) {
    const boxes = checkboxesOf(all.dataset.selectAll);
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = boxes.length > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  for (const counter of document.querySelectorAll("[data-selected-count]")) {
    const boxes = checkboxesOf(counter.dataset.selectedCount);
    counter.textContent = String(boxes.filter((box) => box.checked).length);
  }
  for (const button of document.querySelectorAll("[data-needs-selection]")) {
    button.disabled = !checkboxesOf(button.dataset.needsSelection).some((box) => box.checked);
  }
}

function fitNavigation() {
  for (const menu of document.querySelectorAll("[data-nav]")) {
    menu.open = wideScreen.matches;
  }
}

function isTyping(element) {
  return element.matches("input, select, textarea, [contenteditable]");
}

// One key must not cost what somebody typed: with something typed (drafts.js), Esc asks first.
function leaveEdit(rowForm) {
  const leave = () => rowForm.querySelector("[data-cancel]")?.click();
  if (!("typed" in rowForm.dataset)) {
    leave();
    return;
  }
  const dialog = document.getElementById("discard-dialog");
  dialog.returnValue = "";
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue === "discard") leave();
    },
    { once: true },
  );
  dialog.showModal();
}

function moveToRow(edit, step) {
  const edits = [...document.querySelectorAll("[data-row-edit]")];
  edits[edits.indexOf(edit) + step]?.focus();
}

function onKey(event) {
  // While an input method composes, its keys belong to it.
  if (event.isComposing || event.defaultPrevented) return;
  const rowForm = event.target.closest?.("[data-row-form]");
  const saved = event.target.closest?.("[data-row-form], [data-save-keys]");
  if (event.key === "Escape" && rowForm) {
    event.preventDefault();
    leaveEdit(rowForm);
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && saved) {
    event.preventDefault();
    saved.requestSubmit(saved.querySelector('[type="submit"]'));
  } else if (event.key in ROW_STEPS && event.target.matches?.("[data-row-edit]")) {
    event.preventDefault();
    moveToRow(event.target, ROW_STEPS[event.key]);
  } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search && !isTyping(event.target)) {
      event.preventDefault();
      search.focus();
      search.select?.();
    }
  }
}

function onClick(event) {
  event.target.closest("[data-toast-close]")?.closest(".toast").remove();
  if (event.target.closest("[data-print]")) window.print();
}

function onChange(event) {
  const { selectAll } = event.target.dataset;
  if (selectAll) {
    for (const box of checkboxesOf(selectAll)) box.checked = event.target.checked;
  }
  if (event.target.type === "checkbox") showSelection();
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
document.addEventListener("change", onChange);
document.addEventListener("htmx:beforeSwap", (event) => notePlace(event.detail.target));
document.addEventListener("htmx:afterSettle", () => {
  moveFocus();
  keepInPlace();
  takeToasts();
  showSelection();
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const { status, responseText } = xhr;
  const page = new DOMParser().parseFromString(responseText, "text/html");
  // A refusal says why on its own page; the toast repeats that sentence.
  const sentence = page.querySelector("[data-sentence]")?.textContent;
  const number = xhr.getResponseHeader("X-Request-ID") ?? "";
  showToast("error", sentence ?? FAILURES[status] ?? OTHER_FAILURE, number);
});
document.addEventListener("htmx:sendError", () => showToast("error", FAILURES[0]));

wideScreen.addEventListener("change", fitNavigation);
fitNavigation();
moveFocus();
showSelection();
