/** Files: those that come with a message, to download, and those that the person sends, with how far they are. */

import { freshId, h, heard } from "../dom.ts";
import type { Attached, Input } from "./frames.ts";
import { texts } from "./texts.ts";
import { fileSize } from "./wording.ts";

export const MOST_BYTES = 10 * 1024 * 1024;
const KINDS = "image/jpeg,image/png,image/webp,application/pdf,.jpg,.jpeg,.png,.webp,.pdf";

function home(): string {
  return `${location.pathname.replace(/\/$/, "")}/documents`;
}

export function fileLink({ id, name, mime }: Attached): HTMLElement {
  const kind = mime?.startsWith("image/") ? texts.image : "PDF";
  return h(
    "a",
    { class: "file", href: `${home()}/${encodeURIComponent(id)}`, download: name },
    h("span", { class: "sort", "aria-hidden": true }, kind === "PDF" ? "PDF" : "JPG"),
    h("span", { class: "what" }, heard(texts.download(kind)), name),
    h("span", { "aria-hidden": true }, "↓"),
  );
}

/** One file at a time: chosen, sent, and told how it went. The same file sent again is the same deed. */
export function fileForm(input: Input): HTMLElement {
  const id = freshId();
  const field = h("input", { id, type: "file", accept: KINDS, class: "vh", "aria-describedby": `${id}b ${id}e` });
  const pick = h("label", { for: id, class: "button plain" }, texts.choose);
  const name = h("p", { class: "bounds", "aria-live": "polite" });
  const bar = h("progress", { max: 100, value: 0, hidden: true, "aria-label": texts.sendFile });
  const status = h("p", { class: "bounds", role: "status" });
  const error = h("p", { class: "wrong", id: `${id}e`, role: "alert" });
  const send = h("button", { class: "button", hidden: true }, texts.sendFile);
  const stop = h("button", { class: "button plain", type: "button", hidden: true }, texts.cancel);
  let deed = "";
  let under: XMLHttpRequest | null = null;

  const show = (busy: boolean, told = "", wrong = "") => {
    bar.hidden = stop.hidden = !busy;
    send.hidden = busy || !field.files?.length;
    field.disabled = busy;
    pick.hidden = busy;
    status.textContent = told;
    error.textContent = wrong;
    send.textContent = wrong ? texts.retry : texts.sendFile;
  };
  field.addEventListener("change", () => {
    const file = field.files?.[0];
    deed = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    name.textContent = file ? texts.chosen(file.name, fileSize(file.size)) : "";
    pick.textContent = file ? texts.chooseOther : texts.choose;
    show(false, "", file ? unfit(file) : "");
    if (error.textContent) send.hidden = true;
  });
  stop.addEventListener("click", () => under?.abort());

  const submit = (event: Event) => {
    event.preventDefault();
    const file = field.files?.[0];
    if (!file || under) return show(false, "", file ? "" : texts.fileNone);
    under = new XMLHttpRequest();
    const ended = (told: string, wrong: string) => {
      under = null;
      show(false, told, wrong);
      send.hidden = Boolean(told);
      if (!told) send.focus();
    };
    under.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = total ? Math.floor((100 * loaded) / total) : 0;
      bar.value = percent;
      status.textContent = percent < 100 ? texts.progress(percent) : texts.checking;
    });
    under.addEventListener("load", () => {
      const { status: code, responseText } = under as XMLHttpRequest;
      ended(code === 201 ? texts.fileSent : "", code === 201 ? "" : told(responseText));
    });
    under.addEventListener("error", () => ended("", texts.fileLost));
    under.addEventListener("abort", () => ended("", ""));
    show(true, texts.progress(0));
    stop.focus();
    under.open("POST", `${home()}?name=${encodeURIComponent(file.name)}`);
    under.setRequestHeader("X-Deed-Id", deed);
    under.setRequestHeader("Accept", "application/json");
    under.send(file);
  };
  return h(
    "form",
    { class: "ask files", novalidate: true, onsubmit: submit, "aria-label": input.label },
    h("p", { class: "label" }, input.label),
    h("p", { class: "bounds", id: `${id}b` }, texts.fileHint(fileSize(MOST_BYTES))),
    field,
    h("div", { class: "pair" }, pick, send, stop),
    name,
    bar,
    status,
    error,
  );
}

function unfit({ size }: File): string {
  if (!size) return texts.fileEmpty;
  return size > MOST_BYTES ? texts.fileLarge(fileSize(MOST_BYTES)) : "";
}

/** The house's own words for why a file was not taken. */
function told(answer: string): string {
  try {
    return (JSON.parse(answer) as { error: string }).error || texts.fileLost;
  } catch {
    return texts.fileLost;
  }
}
