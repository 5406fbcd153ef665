// How much of a file has been sent, beside the form that sends it. Without this file forms work too.

const MEGABYTE = 1024 * 1024;
const SENT = "送り終わりました。ファイルを受け付けています。";

function inMegabytes(bytes) {
  return `${(bytes / MEGABYTE).toFixed(1)}MB`;
}

function uploadOf(event) {
  return event.target.closest?.("form[data-upload]");
}

function setBusy(form, isBusy) {
  form.querySelector("[data-upload-progress]").hidden = !isBusy;
  form.querySelector('button[type="submit"]').disabled = isBusy;
  delete form.dataset.sent;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = uploadOf(event);
  if (form) setBusy(form, true);
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const form = uploadOf(event);
  const { lengthComputable, loaded, total } = event.detail;
  // After the file, the answer reports its own progress.
  if (!form || !lengthComputable || form.dataset.sent) return;
  const bar = form.querySelector("progress");
  bar.max = total;
  bar.value = loaded;
  const text = loaded < total ? `${inMegabytes(loaded)} / ${inMegabytes(total)}` : SENT;
  form.querySelector("[data-upload-text]").textContent = text;
  if (loaded >= total) form.dataset.sent = "true";
});

for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => {
    const form = uploadOf(event);
    if (form) setBusy(form, false);
  });
}

// Whoever comes back to the page may send another file.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-upload]")) setBusy(form, false);
});
