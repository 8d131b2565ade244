/** `<acuerdo-chat>`: the debtor's whole page, from the address it is served at. */

import "./chat.css";

import { h } from "../dom.ts";
import type { Deed, Message, State } from "./frames.ts";
import { Line, type Pending, type Socket } from "./line.ts";
import { Log } from "./log.ts";
import { texts } from "./texts.ts";
import { initials, masked, ownWords, speakAs } from "./wording.ts";

const TITLE = document.title;
const SETTLED = 400;
const TYPING_FOR = 8_000;
const SOON = 400;

/** A short name for this link in the phone's session storage, so that the storage does not hold the link itself. */
function nameOf(path: string): string {
  let sum = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(path)) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  return `acuerdo:${sum.toString(36)}`;
}

function freshDeedId(): string {
  // crypto.randomUUID exists only on https and localhost.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

class AcuerdoChat extends HTMLElement {
  private readonly path = location.pathname.replace(/\/$/, "");
  private readonly head = h("header", { class: "head" });
  private readonly banner = h("div", { class: "banner", role: "status" });
  private readonly typing = h("div", { class: "typing", "aria-hidden": true, hidden: true }, h("i"), h("i"), h("i"));
  private readonly newer = h("button", { type: "button", class: "newer", hidden: true }, `${texts.newer} ↓`);
  private readonly closed = h("p", { class: "closed", hidden: true }, texts.closed);
  private readonly field = h("textarea", {
    id: "write", rows: 1, maxlength: 2000, placeholder: texts.write, autocomplete: "off", enterkeyhint: "send",
  });
  private readonly log = new Log({
    say: (text, shown) => this.say(text, shown),
    press: (button, title) => this.do({ t: "press", id: freshDeedId(), button, title }, title),
  });
  private line!: Line;
  private unseen = 0;
  private readUpTo = 0;
  private loading: ReturnType<typeof setTimeout> | undefined;
  private typingUntil: ReturnType<typeof setTimeout> | undefined;
  private soon: ReturnType<typeof setTimeout> | undefined;

  connectedCallback(): void {
    this.replaceChildren(
      this.head,
      this.banner,
      h("main", {}, this.log.element, this.typing, this.log.tail),
      h("footer", { class: "foot" }, this.newer, this.closed, this.composer()),
    );
    this.banner.textContent = texts.opening;
    this.line = new Line(this.surroundings(), {
      state: (frame) => this.show(frame),
      message: (frame) => this.receive(frame),
      sent: (id, seq) => this.log.confirm(id, seq),
      typing: () => this.type(true),
      gone: () => this.gone(),
      connected: (up) => this.connected(up),
    });
    for (const { deed, shown } of this.line.pending) this.log.addPending(deed.id, shown);
    this.listen();
    this.line.start();
  }

  private composer(): HTMLElement {
    const submit = (event: Event) => {
      event.preventDefault();
      const text = this.field.value.trim();
      if (!text) return this.field.focus();
      this.field.value = "";
      this.grow();
      this.say(text, this.log.asksDocument ? masked(text) : text);
    };
    const form = h(
      "form",
      { class: "composer", onsubmit: submit },
      h("label", { for: "write", class: "vh" }, texts.write),
      this.field,
      h("button", { class: "send", "aria-label": texts.send }, "➤"),
    );
    this.field.addEventListener("input", () => this.grow());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    return form;
  }

  private grow(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  private listen(): void {
    const touched = (event: Event) => event.isTrusted && this.touched();
    for (const name of ["pointerdown", "keydown", "touchstart", "click"]) addEventListener(name, touched, { passive: true });
    addEventListener("online", () => this.line.probe());
    addEventListener("offline", () => this.connected(false));
    addEventListener("scroll", () => this.atEnd() && this.caughtUp(), { passive: true });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.line.probe();
      this.caughtUp();
    });
    this.newer.addEventListener("click", () => scrollTo({ top: document.documentElement.scrollHeight }));
  }

  private touched(): void {
    this.line.gesture();
    this.caughtUp();
  }

  private surroundings() {
    const name = nameOf(this.path);
    const address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${this.path}/ws`;
    return {
      connect: () => new WebSocket(address) as Socket,
      later: (milliseconds: number, what: () => void) => setTimeout(what, milliseconds),
      cancel: (timer: unknown) => clearTimeout(timer as number),
      chance: Math.random,
      // A browser may forbid storage: then the queue lives as long as the page.
      load(): Pending[] {
        try {
          return JSON.parse(sessionStorage.getItem(name) ?? "[]") as Pending[];
        } catch {
          return [];
        }
      },
      save(queue: Pending[]): void {
        try {
          if (queue.length) sessionStorage.setItem(name, JSON.stringify(queue));
          else sessionStorage.removeItem(name);
        } catch {
          /* the queue stays in memory */
        }
      },
    };
  }

  private say(text: string, shown = text): void {
    this.do({ t: "say", id: freshDeedId(), text }, ownWords(shown));
  }

  private do(deed: Deed, shown: string): void {
    this.log.addPending(deed.id, shown);
    this.line.do(deed, shown);
    this.toEnd();
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.line.pending.length && !this.classList.contains("down") && this.type(true), SOON);
  }

  private show(frame: State): void {
    const { creditor, agency, logo, assistant, with_person: withPerson, status, today, country } = frame;
    if (country) speakAs(country);
    const who = withPerson ? texts.person : assistant !== false && texts.assistant;
    this.head.replaceChildren(
      logo ? h("img", { src: logo, alt: "", class: "logo" }) : h("span", { class: "logo", "aria-hidden": true }, initials(creditor)),
      h(
        "div",
        { class: "names" },
        h("h1", {}, creditor),
        Boolean(agency) && h("p", {}, texts.onBehalf(agency as string, creditor)),
        who && h("p", { class: withPerson ? "tag person" : "tag" }, who),
      ),
    );
    this.closed.hidden = status !== "closed";
    if (today) this.log.setToday(today);
    clearTimeout(this.loading);
    this.loading = setTimeout(() => this.log.element.setAttribute("aria-live", "polite"), SETTLED);
  }

  private receive(frame: Message): void {
    const follow = this.atEnd();
    this.type(false);
    this.log.add(frame);
    const loading = this.log.element.getAttribute("aria-live") === "off";
    if (follow || loading || frame.who === "me") this.toEnd(loading);
    else this.newer.hidden = false;
    if (document.hidden && frame.who !== "me") this.unseen += 1;
    document.title = this.unseen ? `(${this.unseen}) ${TITLE}` : TITLE;
    if (!document.hidden) this.caughtUp();
  }

  private caughtUp(): void {
    this.unseen = 0;
    document.title = TITLE;
    if (!this.atEnd()) return;
    this.newer.hidden = true;
    if (this.log.last > this.readUpTo && this.line.read(this.log.last)) this.readUpTo = this.log.last;
  }

  private type(on: boolean): void {
    const follow = this.atEnd();
    clearTimeout(this.typingUntil);
    this.typing.hidden = !on;
    if (on) this.typingUntil = setTimeout(() => this.type(false), TYPING_FOR);
    if (on && follow) this.toEnd();
  }

  private connected(up: boolean): void {
    const words = up ? "" : navigator.onLine ? texts.reconnecting : texts.offline;
    if (this.banner.textContent !== words) this.banner.textContent = words;
    this.classList.toggle("down", !up);
  }

  private atEnd(): boolean {
    return innerHeight + scrollY > document.documentElement.scrollHeight - 80;
  }

  /** Down to the newest, but never past the person's own last words: a long answer is read from its beginning. At once: on arrival. */
  private toEnd(atOnce = false): void {
    const calm = atOnce || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const last = this.log.element.lastElementChild;
    const anchor = atOnce ? last : ([...this.log.element.querySelectorAll(".row.me")].pop() ?? this.log.element);
    const start = (anchor ?? this.log.element).getBoundingClientRect().top + scrollY - this.head.offsetHeight - 12;
    scrollTo({ top: Math.min(start, document.documentElement.scrollHeight), behavior: calm ? "auto" : "smooth" });
    this.newer.hidden = true;
  }

  /** The link no longer serves: nothing of the conversation stays on the screen. */
  private gone(): void {
    document.title = TITLE;
    const form = h("form", { method: "post", action: `${this.path}/renew` }, h("button", { class: "button" }, texts.renew));
    const title = h("h1", { tabindex: -1 }, texts.goneTitle);
    this.replaceChildren(h("main", { class: "gone" }, title, h("p", {}, texts.goneText), form));
    title.focus();
  }
}

customElements.define("acuerdo-chat", AcuerdoChat);
