/** The demo's phone: received SMS as bubbles, links that open inside the phone. */

import "./phone.css";

import { h } from "../dom.ts";

interface Sms {
  id: string;
  at: string;
  from: string;
  text: string;
}

interface Inbox {
  numbers: { number: string; name?: string; count: number }[];
  messages: Sms[];
}

const SHOWN = 100;
const SETTLE = 400;
const POLL = 5_000;

const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const search = $<HTMLInputElement>("search");
let number = $("bench").dataset["number"] ?? "";
let inbox: Inbox = { numbers: [], messages: [] };
let drawn = "";
let due: ReturnType<typeof setTimeout> | undefined;

async function refresh(): Promise<void> {
  clearTimeout(due);
  due = setTimeout(() => void refresh(), POLL);
  try {
    const answer = await fetch(`/sandbox/phone.json?number=${encodeURIComponent(number)}`);
    if (!answer.ok) return;
    inbox = (await answer.json()) as Inbox;
  } catch {
    return; // the server is away; the next turn asks again
  }
  const first = inbox.numbers.find(({ count }) => count > 0) ?? inbox.numbers[0];
  if (!number && first) return choose(first.number);
  drawNumbers();
  drawThread();
}

function choose(chosen: string): void {
  number = chosen;
  drawn = "";
  history.replaceState(null, "", `?number=${encodeURIComponent(chosen)}`);
  leave();
  void refresh();
}

function drawNumbers(): void {
  const wanted = search.value.trim().toLowerCase();
  const found = inbox.numbers.filter((entry) => `${entry.name ?? ""} ${entry.number}`.toLowerCase().includes(wanted));
  const more = found.length > SHOWN ? `; se muestran ${SHOWN}, busque para ver otros` : "";
  const said = `${found.length} ${found.length === 1 ? "número" : "números"}${more}`;
  if ($("found").textContent !== said) $("found").textContent = said;
  const focused = (document.activeElement as HTMLElement | null)?.dataset["number"];
  $("numbers").replaceChildren(...found.slice(0, SHOWN).map((entry) => h("li", {}, row(entry))));
  if (focused) document.querySelector<HTMLElement>(`[data-number="${CSS.escape(focused)}"]`)?.focus();
}

function row(entry: Inbox["numbers"][number]): HTMLElement {
  const current = entry.number === number;
  return h(
    "button",
    { type: "button", "data-number": entry.number, "aria-current": current, onclick: () => choose(entry.number) },
    h("span", {}, entry.name ?? entry.number, Boolean(entry.name) && h("small", {}, entry.number)),
    h("span", { class: "tag" }, String(entry.count), h("span", { class: "vh" }, " mensajes")),
  );
}

function drawThread(): void {
  const { messages } = inbox;
  const print = `${number} ${messages.map((sms) => sms.id).join()}`;
  if (print === drawn) return;
  drawn = print;
  const last = messages[messages.length - 1];
  $("hour").textContent = last?.at.slice(11, 16) ?? "";
  $("sender").textContent = last?.from ?? "Mensajes";
  $("owner").textContent = inbox.numbers.find((entry) => entry.number === number)?.name ?? number;
  const thread = $("thread");
  const bubbles = messages.flatMap((sms, place) => bubble(sms, messages[place - 1]));
  thread.replaceChildren(...(bubbles.length ? bubbles : [h("p", { class: "empty" }, "Este teléfono no ha recibido mensajes.")]));
  thread.scrollTop = thread.scrollHeight;
}

function bubble(sms: Sms, before: Sms | undefined): HTMLElement[] {
  const made = [h("div", { class: "sms" }, ...linked(sms.text))];
  if (before && before.from !== sms.from) made.unshift(h("p", { class: "from" }, sms.from));
  if (!before || before.at.slice(0, 16) !== sms.at.slice(0, 16)) made.unshift(h("p", { class: "when" }, when(sms.at)));
  return made;
}

function when(at: string): string {
  const day = new Date(`${at.slice(0, 10)}T12:00:00Z`);
  const name = day.toLocaleDateString("es", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  return `${name}, ${at.slice(11, 16)}`;
}

function linked(text: string): (Node | string)[] {
  return text.split(/(https?:\/\/[^\s]*[^\s.,;:!?)»”"'])/).map((part, place) => {
    if (place % 2 === 0) return part;
    const url = new URL(part);
    const open = (event: Event) => {
      const here = inside(url);
      if (!here) return;
      event.preventDefault();
      visit(here);
    };
    return h("a", { href: part, target: "_blank", rel: "noopener noreferrer", onclick: open }, part);
  });
}

/** The address inside the phone, when it is this very server, by whatever name of loopback it goes. */
function inside(url: URL): string | null {
  const loopback = (host: string) => /^(localhost|127\.|\[::1\])/.test(host);
  const same = url.host === location.host || (url.port === location.port && loopback(url.hostname) && loopback(location.hostname));
  return same ? url.pathname + url.search : null;
}

function visit(address: string): void {
  $<HTMLIFrameElement>("frame").src = address;
  $<HTMLAnchorElement>("outside").href = address;
  $("inbox").hidden = true;
  $("browser").hidden = false;
  $("leave").focus();
}

function leave(): void {
  if ($("browser").hidden) return;
  $<HTMLIFrameElement>("frame").src = "about:blank";
  $("browser").hidden = true;
  $("inbox").hidden = false;
  $("thread").focus();
}

$("leave").addEventListener("click", leave);
search.addEventListener("input", drawNumbers);
new EventSource("/sandbox/phone/events").addEventListener("sms", () => {
  clearTimeout(due);
  due = setTimeout(() => void refresh(), SETTLE);
});
void refresh();
