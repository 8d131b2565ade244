/** The ways to answer without typing: quick replies, the carousel of offers, and inputs for dates, amounts and the like. */

import { freshId, h } from "../dom.ts";
import type { Button, Card, Input, Link } from "./frames.ts";
import { texts } from "./texts.ts";
import { amount, masked, shortDate, slashed, typedAmount, unbroken } from "./wording.ts";

/** What a widget calls when the person has answered. */
export interface Answers {
  say(text: string, shown?: string): void;
  press(button: string, title: string): void;
}

export function quickReplies(buttons: Button[], answers: Answers, listed = false): HTMLElement {
  const made = buttons.map(({ id, title }) =>
    h("button", { type: "button", class: listed ? "pick" : "chip", onclick: () => answers.press(id, title) }, title),
  );
  if (!listed) return h("div", { class: "chips" }, ...made);
  return h("ul", { class: "list", role: "list", "aria-label": texts.options(buttons.length) }, ...made.map((one) => h("li", {}, one)));
}

/** Offers side by side. Arrow keys pass from card to card; the cards stay readable after the choice. */
export function carousel(cards: Card[], answers: Answers): HTMLElement {
  const items = cards.map((card) => offer(card, answers));
  const list = h("ul", { class: "cards", tabindex: 0, role: "list", "aria-label": texts.options(cards.length) }, ...items);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    pass(list, step, true);
  });
  if (cards.length < 2) return list;
  const arrow = (step: number, name: string, sign: string) =>
    h("button", { type: "button", class: "arrow", "aria-label": name, onclick: () => pass(list, step, false) }, sign);
  return h(
    "div",
    { class: "carousel" },
    list,
    h("div", { class: "arrows" }, arrow(-1, texts.previous, "‹"), arrow(1, texts.next, "›")),
  );
}

function offer(card: Card, answers: Answers): HTMLElement {
  const id = freshId();
  const choose = h(
    "button",
    { type: "button", class: "button choose", "aria-describedby": id, onclick: () => answers.press(card.id, card.title) },
    card.button,
  );
  const lines = card.lines.map((line, place) => h("p", { class: place ? "line" : "line first" }, unbroken(line)));
  return h("li", { class: "card" }, picture(card), h("h2", { id }, card.title), ...lines, choose);
}

/** A picture of the house's own; its words stand beside it, so it has none. One that does not come is not missed. */
function picture(card: Card): HTMLElement | null {
  const url = card.picture ? new URL(card.picture, location.href) : null;
  if (url?.origin !== location.origin) return null;
  const made = h("img", { class: "picture", src: url.href, alt: "", loading: "lazy", width: 264, height: 132 });
  made.addEventListener("error", () => made.remove());
  return made;
}

function pass(list: HTMLElement, step: number, withFocus: boolean): void {
  const items = [...list.children] as HTMLElement[];
  const left = list.getBoundingClientRect().left;
  const focused = items.findIndex((item) => item.contains(document.activeElement));
  const nearest = items.map((item) => Math.abs(item.getBoundingClientRect().left - left));
  const here = withFocus && focused >= 0 ? focused : nearest.indexOf(Math.min(...nearest));
  const next = items[Math.max(0, Math.min(items.length - 1, here + step))];
  if (!next) return;
  list.scrollTo({ left: list.scrollLeft + next.getBoundingClientRect().left - left, behavior: "smooth" });
  if (withFocus) next.querySelector("button")?.focus({ preventScroll: true });
}

/** A page to open, only by an address of the web. */
export function linkButton(link: Link): HTMLElement | null {
  const url = new URL(link.url, location.href);
  if (!/^https?:$/.test(url.protocol)) return null;
  return h("a", { class: "button", href: url.href, rel: "noopener noreferrer" }, link.title);
}

export function inputForm(input: Input, answers: Answers): HTMLElement {
  return input.kind === "rating" ? ratingForm(input, answers) : valueForm(input, answers);
}

const FIELD: Record<string, Record<string, string>> = {
  date: { type: "date" },
  money: { type: "text", inputmode: "decimal" },
  number: { type: "text", inputmode: "numeric" },
  document_tail: { type: "text", autocapitalize: "characters", spellcheck: "false" },
  document: { type: "text", autocapitalize: "characters", spellcheck: "false" },
  phone: { type: "tel", autocomplete: "tel" },
  email: { type: "email", inputmode: "email", autocomplete: "email", autocapitalize: "none", spellcheck: "false" },
  text: { type: "text" },
};

function valueForm(input: Input, answers: Answers): HTMLElement {
  const id = freshId();
  const bounds = boundsText(input);
  const field = h("input", { id, maxlength: 500, autocomplete: "off", "aria-required": true, ...FIELD[input.kind] });
  const error = h("p", { class: "wrong", id: `${id}e`, role: "alert" });
  const describe = (words: string) => {
    error.textContent = words;
    field.setAttribute("aria-invalid", String(Boolean(words)));
    field.setAttribute("aria-describedby", [bounds && `${id}b`, words && `${id}e`].filter(Boolean).join(" "));
  };
  describe("");
  if (input.kind === "date" && input.least) field.min = input.least;
  if (input.kind === "date" && input.most) field.max = input.most;
  field.addEventListener("input", () => error.textContent && describe(""));
  if (input.kind === "money") field.addEventListener("change", () => (field.value = grouped(field.value)));
  const submit = (event: Event) => {
    event.preventDefault();
    const value = field.value.trim();
    const words = fault(input, value);
    if (words) {
      describe(words);
      return field.focus();
    }
    if (input.kind === "date") answers.say(slashed(value));
    else if (input.kind.startsWith("document")) answers.say(value, masked(value));
    else answers.say(value);
  };
  return h(
    "form",
    // The browser's own words for what is wrong would be in the browser's language.
    { class: "ask", novalidate: true, onsubmit: submit },
    h("label", { for: id }, input.label),
    bounds && h("p", { class: "bounds", id: `${id}b` }, bounds),
    h("div", { class: "pair" }, field, h("button", { class: "button" }, texts.send)),
    error,
  );
}

function grouped(value: string): string {
  const number = typedAmount(value);
  return Number.isNaN(number) ? value : amount(String(number));
}

/** What is wrong with an answer, and how to mend it; nothing where it will do. */
function fault({ kind, least, most }: Input, value: string): string {
  const { wrong } = texts;
  if (kind === "date") {
    if (!value) return wrong.date;
    if (least && value < least) return wrong.least(shortDate(least));
    return most && value > most ? wrong.most(shortDate(most)) : "";
  }
  if (!value) return wrong.empty;
  if (kind === "email") return /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(value) ? "" : wrong.email;
  if (kind === "phone") return value.replace(/\D/g, "").length >= 7 ? "" : wrong.phone;
  if (kind !== "money" && kind !== "number") return "";
  const number = typedAmount(value);
  if (Number.isNaN(number)) return wrong[kind];
  if (least && number < Number(least)) return wrong.least(amount(least));
  return most && number > Number(most) ? wrong.most(amount(most)) : "";
}

function boundsText({ kind, least, most }: Input): string {
  if (kind !== "date" && kind !== "money" && kind !== "number") return "";
  const write = kind === "date" ? shortDate : amount;
  const span = kind === "date" ? texts.days : texts.between;
  if (least && most) return span(write(least), write(most));
  if (least) return texts.from(write(least));
  return most ? texts.upTo(write(most)) : "";
}

/** One to five and, if they like, a comment: the press first, then the comment as their words. */
function ratingForm(input: Input, answers: Answers): HTMLElement {
  const id = freshId();
  const choices = texts.rating.map((name, place) =>
    h(
      "label",
      { class: "score" },
      h("input", { type: "radio", name: id, value: place + 1, required: true, class: "vh" }),
      h("span", {}, String(place + 1), h("small", { class: place % 4 ? "vh" : "" }, ` ${name}`)),
    ),
  );
  const comment = h("textarea", { id, rows: 2, maxlength: 1000 });
  const form = h(
    "form",
    {
      class: "ask",
      onsubmit: (event) => {
        event.preventDefault();
        const score = String(new FormData(form).get(id));
        const words = comment.value.trim();
        answers.press(`rating:${score}`, score);
        if (words) answers.say(words);
      },
    },
    h("fieldset", {}, h("legend", {}, input.label), h("div", { class: "scores" }, ...choices)),
    h("label", { for: id, class: "quiet" }, texts.comment),
    comment,
    h("button", { class: "button" }, texts.send),
  );
  return form;
}
