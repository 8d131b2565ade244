/** The conversation on the screen: one row a message, in the order of the house, days named, only the last question open. */

import { h, heard } from "../dom.ts";
import type { Message } from "./frames.ts";
import { texts } from "./texts.ts";
import { fileForm, fileLink } from "./files.ts";
import { type Answers, carousel, inputForm, linkButton, quickReplies } from "./widgets.ts";
import { dayName, moment, ownWords, unbroken } from "./wording.ts";

type Row = HTMLElement & { seq?: number };

export class Log {
  readonly element = h("div", { class: "log", role: "log", "aria-label": texts.log, "aria-live": "off", tabindex: 0 });
  /** Where the answers to the last question stand: after the log, before the composer. */
  readonly tail = h("div", { class: "tail", role: "group", "aria-label": texts.suggestions, hidden: true });
  private readonly answers: Answers;
  private readonly waiting = new Map<string, Row>();
  private open: { row: Row; message: Message } | null = null;
  private today = "";
  last = 0;

  constructor(answers: Answers) {
    this.answers = answers;
  }

  /** Whether a document's characters are being asked for, so that what is typed must not stay readable. */
  get asksDocument(): boolean {
    return this.open?.message.input?.kind === "document_tail";
  }

  setToday(today: string): void {
    this.today = today;
    for (const row of this.rows()) this.nameDay(row);
  }

  add(message: Message): void {
    const row = h("div", { class: `row ${message.who}` }) as Row;
    row.seq = message.seq;
    this.fill(row, message);
    this.element.insertBefore(row, this.rows().find((other) => (other.seq ?? Infinity) > message.seq) ?? null);
    this.settle(row);
    this.question(row, message);
  }

  /** A bubble of the person's own that the house has not confirmed yet. */
  addPending(id: string, shown: string): void {
    const row = h("div", { class: "row me pending" }, this.bubble("me", shown), h("p", { class: "meta" }, texts.sending)) as Row;
    row.dataset["day"] = this.today;
    this.waiting.set(id, row);
    this.element.append(row);
    this.settle(row);
    this.close();
  }

  confirm(id: string, seq: number): void {
    const row = this.waiting.get(id);
    this.waiting.delete(id);
    if (!row) return;
    row.seq = seq;
    row.classList.remove("pending");
    row.querySelector(".meta")?.replaceChildren(heard(texts.sent), "✓");
    this.last = Math.max(this.last, seq);
    const later = this.rows().find((other) => other !== row && (other.seq ?? Infinity) > seq);
    if (later !== row.nextElementSibling) this.element.insertBefore(row, later ?? null);
    this.settle(row);
    if (this.open && (this.open.row.seq ?? 0) > seq) return;
    this.close();
  }

  private fill(row: Row, message: Message): void {
    const when = message.at ? moment(message.at) : { day: this.today, hour: "" };
    row.dataset["day"] = when.day;
    const shown = message.who === "me" ? ownWords(message.text) : message.text;
    if (message.who === "agent") row.append(h("p", { class: "from", "aria-hidden": true }, texts.agentLabel));
    row.append(this.bubble(message.who, shown));
    const sent = message.who === "me" && [heard(texts.sent), "✓ "];
    if (when.hour) row.append(h("p", { class: "meta" }, ...(sent || []), h("time", { datetime: message.at ?? "" }, when.hour)));
    if (message.cards?.length) row.append(carousel(message.cards, this.answers));
    const link = message.link && linkButton(message.link);
    if (link) row.append(link);
    for (const file of message.files ?? []) row.append(fileLink(file));
  }

  private bubble(who: Message["who"], text: string): HTMLElement {
    const names = { me: texts.you, bot: texts.bot, agent: texts.agent, system: texts.system };
    return h("div", { class: "bubble" }, heard(names[who]), unbroken(text));
  }

  /** The newest question is open until the person answers, whatever way they do; notices leave it open. */
  private question(row: Row, message: Message): void {
    this.last = Math.max(this.last, message.seq);
    const asks = Boolean(message.buttons?.length || message.cards?.length || message.input);
    const newer = this.rows().some((other) => (other.seq ?? 0) > message.seq && (other === this.open?.row || other.matches(".me")));
    if (message.who === "me") {
      if (!this.open || (this.open.row.seq ?? 0) < message.seq) this.close();
    } else if (asks && (newer || this.waiting.size)) this.shut(row);
    else if (asks) this.ask(row, message);
  }

  private ask(row: Row, message: Message): void {
    this.close();
    this.open = { row, message };
    const { buttons, input, listed } = message;
    if (input) this.tail.append(input.kind === "file" ? fileForm(input) : inputForm(input, this.answers));
    if (buttons?.length) {
      this.tail.append(quickReplies(buttons, this.answers, listed));
      const titles = buttons.map((button) => button.title).join("; ");
      row.querySelector(".bubble")?.append(heard(` ${texts.canAnswer} ${titles}.`, "vh hint"));
    }
    this.tail.hidden = !this.tail.firstChild;
  }

  private close(): void {
    if (this.tail.contains(document.activeElement)) this.element.focus({ preventScroll: true });
    if (this.open) this.shut(this.open.row);
    this.tail.replaceChildren();
    this.tail.hidden = true;
    this.open = null;
  }

  private shut(row: Row): void {
    if (row.contains(document.activeElement)) this.element.focus({ preventScroll: true });
    for (const spent of row.querySelectorAll(".choose, .hint")) spent.remove();
  }

  private rows(): Row[] {
    return [...this.element.children] as Row[];
  }

  private settle(row: Row): void {
    this.nameDay(row);
    if (row.nextElementSibling) this.nameDay(row.nextElementSibling as Row);
  }

  private nameDay(row: Row): void {
    const day = row.dataset["day"] ?? "";
    const before = (row.previousElementSibling as Row | null)?.dataset["day"];
    const name = day && day !== before ? dayName(day, this.today || day) : "";
    const label = row.querySelector(".day");
    if (label?.textContent === name || (!label && !name)) return;
    label?.remove();
    if (name) row.prepend(h("p", { class: "day" }, name));
  }
}
