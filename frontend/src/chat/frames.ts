/** The frames of the chat's socket, `/c/{token}/ws`: one JSON object each, told apart by `t`. */

export type InputKind =
  | "date" | "money" | "document_tail" | "email" | "text" | "rating" | "file" | "document" | "phone" | "number";

export interface Button {
  id: string;
  title: string;
}

export interface Card {
  id: string;
  title: string;
  lines: string[];
  button: string;
  picture?: string;
}

/** Bounds are ISO dates or major-unit amounts. */
export interface Input {
  kind: InputKind;
  label: string;
  least?: string;
  most?: string;
}

export interface Link {
  title: string;
  url: string;
}

/** A file that goes with a message: it is had at `<this page>/documents/<id>`. */
export interface Attached {
  id: string;
  name: string;
  mime?: string;
}

export interface State {
  t: "state";
  creditor: string;
  agency?: string;
  logo?: string;
  /** Whose Spanish, dates and amounts: CO, MX, ... */
  country?: string;
  assistant?: boolean;
  status?: "open" | "closed";
  with_person?: boolean;
  /** The person's day on the house's clock, YYYY-MM-DD. */
  today?: string;
}

/** `at` is shown as written: the person's local time with its offset. With a final Z it is turned to the phone's zone. */
export interface Message {
  t: "msg";
  seq: number;
  who: "bot" | "agent" | "system" | "me";
  id?: string;
  at?: string;
  text: string;
  buttons?: Button[];
  cards?: Card[];
  input?: Input | null;
  link?: Link | null;
  files?: Attached[];
  /** Its buttons are a list, one under another. */
  listed?: boolean;
}

export type Down =
  | State
  | Message
  | { t: "ack"; id: string; seq: number }
  | { t: "typing" }
  | { t: "busy" }
  | { t: "gone" };

/** What a person did; kept until its `ack`, and sent again with the same id. */
export type Deed =
  | { t: "say"; id: string; text: string }
  | { t: "press"; id: string; button: string; title: string };

export type Up = { t: "hello"; since: number } | { t: "open" } | { t: "read"; seq: number } | Deed;
