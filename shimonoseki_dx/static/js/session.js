// Warns shortly before the sign-in ends, and leaves the page when it has: what was typed is kept by
// drafts.js, and the page comes back after the next sign-in. Another tab may have prolonged it
// meanwhile, so the server is asked before anything is shown or left; asking prolongs nothing.

const HEADER = "X-Session-Left";
const ASK_AGAIN_SECONDS = 15; // while the bar is shown

const { sessionUrl, sessionLeft, sessionWarning, loginUrl } = document.body.dataset;
const bar = document.querySelector("[data-session-bar]");
const text = bar.querySelector("[data-session-text]");
const extend = bar.querySelector("[data-session-extend]");
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;

let endsAt = Date.now() + Number(sessionLeft) * 1000;
let isFinal = false;
let askedAt = 0;

function secondsLeft() {
  return Math.ceil((endsAt - Date.now()) / 1000);
}

function isNear() {
  return secondsLeft() <= Number(sessionWarning);
}

// "300", or "300 final" where no request prolongs it.
function take(header) {
  const [seconds, final] = header.split(" ");
  endsAt = Date.now() + Number(seconds) * 1000;
  isFinal = final === "final";
  if (!isNear()) askedAt = 0; // asked at once when it is near again
  show();
}

function words() {
  const minutes = Math.ceil(secondsLeft() / 60);
  if (isFinal) {
    return `ログインしてから長い時間がたったため、あと${minutes}分でログインが切れます。入力中の内容を保存してください。`;
  }
  return `操作がないため、あと${minutes}分でログインが切れます。`;
}

function show() {
  bar.hidden = !isNear();
  extend.hidden = isFinal;
  const sentence = isNear() ? words() : "";
  if (text.textContent !== sentence) text.textContent = sentence; // read out once a minute
}

function leave() {
  document.dispatchEvent(new CustomEvent("session:ended"));
  const here = window.location.pathname + window.location.search;
  window.location.assign(`${loginUrl}?ended=1&next=${encodeURIComponent(here)}`);
}

async function ask() {
  askedAt = Date.now();
  try {
    const answer = await fetch(sessionUrl, { headers: { Accept: "text/plain" } });
    const header = answer.headers.get(HEADER);
    if (header) {
      take(header);
    } else if (answer.status === 401) {
      leave();
    }
  } catch {
    // The server cannot be reached; it is asked again.
  }
}

function look() {
  const isDue = Date.now() - askedAt >= ASK_AGAIN_SECONDS * 1000;
  const isOver = secondsLeft() <= 0 && Date.now() - askedAt > 1000;
  if (isNear() && (isDue || isOver)) {
    ask();
  } else if (!bar.hidden) {
    show();
  }
}

window.setInterval(look, 1000);
document.addEventListener("visibilitychange", look); // a sleeping tab has no timers
document.addEventListener("htmx:afterRequest", (event) => {
  const header = event.detail.xhr.getResponseHeader(HEADER);
  if (!header) return;
  take(header);
  if (event.detail.elt === extend) tabs?.postMessage("extended");
});
tabs?.addEventListener("message", ask);
