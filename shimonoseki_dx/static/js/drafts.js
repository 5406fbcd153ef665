// A session that ran out loses nothing that was typed: what forms held is kept in this tab, and put
// back when the same person has signed in again and the form is there. Without this file forms work.

const PLACE = "drafts";
const TOKEN = "csrfmiddlewaretoken"; // the freshly loaded page has a new one
const SHOWN_AGAIN = [409, 422]; // the answer is the form itself, with what was typed

const { user, loginUrl } = document.body.dataset; // no user where nobody has signed in
const here = window.location.pathname + window.location.search;
let waiting = []; // drafts whose forms are being opened

function kept() {
  try {
    return JSON.parse(window.sessionStorage.getItem(PLACE)) ?? [];
  } catch {
    return []; // the browser keeps nothing, or something else is kept there
  }
}

function keep(drafts) {
  try {
    window.sessionStorage.setItem(PLACE, JSON.stringify(drafts));
  } catch {
    // Forbidden or full: the forms work as they do without this file.
  }
}

function formsOfPage() {
  const forms = [...document.querySelectorAll('main form[method="post"]')];
  return forms.filter((form) => !form.querySelector('[type="password"], [type="file"]'));
}

function controlsOf(form) {
  const controls = [...form.elements].filter((one) => one.matches("input, select, textarea"));
  return controls.filter((one) => one.name && one.name !== TOKEN && one.type !== "submit");
}

function keyOf(form) {
  return form.id || form.getAttribute("action") || "";
}

function formOf(key) {
  return formsOfPage().find((form) => keyOf(form) === key);
}

// A draft of every form with something typed, and of the one that is being sent.
function draftsOf(sent, isInterrupted) {
  const forms = formsOfPage().filter((form) => form === sent || "typed" in form.dataset);
  const typed = forms.filter((form) => controlsOf(form).some((one) => one.type !== "hidden"));
  return typed.map((form) => ({
    user,
    isInterrupted,
    page: here,
    key: keyOf(form),
    openedBy: form.dataset.openedBy ?? "",
    ownPage: new URL(form.getAttribute("action") ?? "", window.location).pathname,
    values: [...new FormData(form)].filter(([name]) => name !== TOKEN),
  }));
}

function put(control, given) {
  if (control.type === "checkbox" || control.type === "radio") {
    control.checked = given.includes(control.value);
  } else if (control.type === "select-multiple") {
    for (const option of control.options) option.selected = given.includes(option.value);
  } else if (given.length) {
    control.value = given[0];
  }
}

function fill(form, values) {
  const taken = new Map(); // of fields with the same name, each gets its own value
  for (const control of controlsOf(form)) {
    const given = values.filter(([name]) => name === control.name).map(([, value]) => value);
    const isChoice = ["checkbox", "radio", "select-multiple"].includes(control.type);
    const before = isChoice ? 0 : (taken.get(control.name) ?? 0);
    taken.set(control.name, before + 1);
    put(control, given.slice(before));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (let part = form.closest("details"); part; part = part.parentElement.closest("details")) {
    part.open = true;
  }
  const notice = document.getElementById("draft-notice").content.firstElementChild.cloneNode(true);
  form.prepend(notice);
  notice.focus();
}

function bringBack(draft) {
  const form = formOf(draft.key);
  const opener = document.getElementById(draft.openedBy);
  if (form) {
    fill(form, draft.values);
  } else if (opener) {
    waiting.push(draft);
    opener.click();
  } else if (draft.openedBy && draft.ownPage !== here) {
    // The list does not show this row any more; its form has a page of its own.
    keep([{ ...draft, page: draft.ownPage }]);
    window.location.assign(draft.ownPage);
  }
}

function takeUp() {
  const drafts = kept();
  if (user) {
    keep([]); // each is brought back now, or was saved, or belongs to somebody else
    const mine = drafts.filter((one) => one.isInterrupted && one.user === user);
    mine.filter((one) => one.page === here).forEach(bringBack);
  } else {
    keep(drafts.map((one) => ({ ...one, isInterrupted: true })));
    const said = drafts.length ? document.querySelectorAll("[data-draft-kept]") : [];
    for (const sentence of said) sentence.hidden = false;
  }
}

function markTyped(event) {
  if (event.target.form) event.target.form.dataset.typed = "";
}

function leaveFor(address, event) {
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  keep(draftsOf(event.detail.requestConfig.elt, true));
  window.location.assign(address);
}

document.addEventListener("DOMContentLoaded", takeUp); // htmx is ready by then
document.addEventListener("input", markTyped);
document.addEventListener("change", markTyped);
document.addEventListener("submit", (event) => {
  // What htmx sends stays on the page until its answer says otherwise.
  if (user && event.target.matches('[method="post"]') && !event.defaultPrevented) {
    keep(draftsOf(event.target, false));
  }
});
// The sign-in has ended and the page is about to be left (session.js).
document.addEventListener("session:ended", () => keep(draftsOf(null, true)));
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname === loginUrl) {
    leaveFor(`${loginUrl}?next=${encodeURIComponent(here)}`, event);
  } else if (xhr.getResponseHeader("X-Page-Outdated")) {
    leaveFor(here, event);
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (SHOWN_AGAIN.includes(xhr?.status) && requestConfig.elt.matches("form")) {
    const form = formOf(keyOf(requestConfig.elt));
    if (form) form.dataset.typed = "";
  }
});
document.addEventListener("htmx:afterSettle", () => {
  const opened = waiting.filter((draft) => formOf(draft.key));
  waiting = waiting.filter((draft) => !opened.includes(draft));
  opened.forEach(bringBack);
});
