/** The agents' pages stay fresh: the house says that something changed, htmx fetches the page again and takes what is new. */

import "htmx.org";
import "./desk.css";

const RETRY = 2_000;

function tell(name: string): void {
  document.body.dispatchEvent(new CustomEvent(name));
}

function listen(address: string): void {
  const state = document.getElementById("live-state");
  const source = new EventSource(address);
  let lost = false;
  source.addEventListener("open", () => {
    if (state) state.textContent = "";
    // What changed while the line was down was never announced.
    if (lost) ["desk-changed", "case-changed"].forEach(tell);
    lost = false;
  });
  source.addEventListener("desk", () => tell("desk-changed"));
  source.addEventListener("case", (event) => {
    if (event.data === document.getElementById("case")?.dataset["case"]) tell("case-changed");
  });
  source.addEventListener("error", () => {
    lost = true;
    if (state) state.textContent = "Reconectando…";
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen(address), RETRY);
  });
}

/** The log is read from its end, unless the agent went up to read. */
let follows = true;

function toEnd(): void {
  const log = document.getElementById("log");
  if (log && follows) log.scrollTop = log.scrollHeight;
}

function watchLog(): void {
  document.addEventListener(
    "scroll",
    (event) => {
      const log = event.target as HTMLElement;
      if (log.id === "log") follows = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    },
    true,
  );
}

/** The message that is on its way, to be put back if it is refused. */
let underway = "";

/** A message leaves its box when it is sent, under a name of its own: the next may be written, and sent, before it is answered. */
function afterSubmit(event: Event): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.id !== "say") return;
  const box = form.elements.namedItem("text") as HTMLTextAreaElement;
  const nonce = form.elements.namedItem("nonce") as HTMLInputElement;
  underway = box.value;
  box.value = "";
  nonce.value = crypto.getRandomValues(new Uint32Array(3)).join("-");
}

/** What was accepted is cleared from its form; what was refused stays, to be mended. */
function afterSwap(event: Event): void {
  const form = event.target;
  const refused = document.querySelector("#notice .bad") !== null;
  if (form instanceof HTMLFormElement && form.id === "say") {
    const box = document.getElementById("text") as HTMLTextAreaElement | null;
    if (refused && box && !box.value) box.value = underway;
  } else if (form instanceof HTMLFormElement && !refused) {
    form.reset();
  }
  if (form instanceof HTMLFormElement && !refused) follows = true;
  toEnd();
}

document.addEventListener("submit", afterSubmit);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  if (!(field instanceof HTMLTextAreaElement) || field.id !== "text") return;
  event.preventDefault();
  field.form?.requestSubmit();
});
const address = document.body.dataset["events"];
if (address) listen(address);
watchLog();
toEnd();
