/** The line to the house: nothing a person did is lost or said twice, whatever happens to the connection. */

import type { Deed, Down, Message, State, Up } from "./frames.ts";

const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;
const ANSWER_WITHIN = 10_000;
const HEARTBEAT = 25_000;

/** A deed that the house has not confirmed, with the words that its bubble shows. */
export interface Pending {
  deed: Deed;
  shown: string;
}

export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/** What the line needs from around it: named, so that tests can bring their own time and chance. */
export interface Surroundings {
  connect(): Socket;
  later(milliseconds: number, what: () => void): unknown;
  cancel(timer: unknown): void;
  chance(): number;
  load(): Pending[];
  save(queue: Pending[]): void;
}

export interface Ears {
  state(frame: State): void;
  message(frame: Message): void;
  sent(id: string, seq: number): void;
  typing(): void;
  gone(): void;
  connected(up: boolean): void;
}

/** How long to wait before the nth try in a row: doubling from 100 ms to 5 s, with jitter so that phones do not return at once. */
export function wait(tries: number, chance: number): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(tries, 10)) * (0.5 + chance / 2);
}

export class Line {
  private readonly around: Surroundings;
  private readonly ears: Ears;
  private readonly seen = new Set<number>();
  private readonly queue: Pending[];
  private socket: Socket | null = null;
  private timer: unknown;
  private since = 0;
  private tries = 0;
  private ready = false;
  private inFlight = "";
  private opening: "none" | "due" | "sent" | "known" = "none";
  private ended = false;

  constructor(around: Surroundings, ears: Ears) {
    this.around = around;
    this.ears = ears;
    this.queue = around.load();
  }

  get pending(): readonly Pending[] {
    return this.queue;
  }

  /** Connects now, whatever was being waited for; also when the phone says that it is back. */
  start(): void {
    if (this.ended) return;
    this.drop();
    const socket = this.around.connect();
    this.socket = socket;
    socket.onopen = () => this.greet();
    socket.onmessage = (event) => this.hear(JSON.parse(event.data) as Down);
    socket.onclose = () => this.lost();
    this.expect(ANSWER_WITHIN, () => this.lost());
  }

  /** Asks the house whether the line still holds; when it was already down, connects. */
  probe(): void {
    if (this.ready) this.greet();
    else this.start();
  }

  /** A person touched the page: only now does it count as opened. */
  gesture(): void {
    if (this.opening === "none") this.opening = "due";
    this.open();
  }

  /** Tells that the person has read up to `seq`; false when it cannot be told yet. */
  read(seq: number): boolean {
    if (!this.ready || this.opening === "none") return false;
    this.send({ t: "read", seq });
    return true;
  }

  do(deed: Deed, shown: string): void {
    this.gesture();
    this.queue.push({ deed, shown });
    this.around.save(this.queue);
    this.flush();
  }

  private greet(): void {
    this.send({ t: "hello", since: this.since });
    this.expect(ANSWER_WITHIN, () => this.lost());
  }

  private open(): void {
    if (this.opening !== "due" || !this.ready) return;
    this.opening = "sent";
    this.send({ t: "open" });
  }

  private hear(frame: Down): void {
    if (this.opening === "sent") this.opening = "known";
    if (frame.t === "busy") return this.busy();
    if (this.inFlight) this.expect(ANSWER_WITHIN, () => this.lost());
    else this.expect(HEARTBEAT, () => this.greet());
    if (frame.t === "state") this.welcome(frame);
    else if (frame.t === "msg") this.receive(frame);
    else if (frame.t === "ack") this.confirm(frame.id, frame.seq);
    else if (frame.t === "typing") this.ears.typing();
    else if (frame.t === "gone") this.end();
  }

  private welcome(frame: State): void {
    this.tries = 0;
    this.ready = true;
    this.inFlight = "";
    this.ears.connected(true);
    this.ears.state(frame);
    this.open();
    this.flush();
  }

  private receive(frame: Message): void {
    const mine = frame.id !== undefined && this.queue.some((item) => item.deed.id === frame.id);
    if (mine) this.confirm(frame.id as string, frame.seq);
    else if (this.isNew(frame.seq)) this.ears.message(frame);
  }

  private confirm(id: string, seq: number): void {
    const place = this.queue.findIndex((item) => item.deed.id === id);
    this.isNew(seq);
    if (place < 0) return;
    this.queue.splice(place, 1);
    this.around.save(this.queue);
    this.tries = 0;
    if (this.inFlight === id) this.inFlight = "";
    this.ears.connected(true);
    this.ears.sent(id, seq);
    this.flush();
  }

  /** Marks `seq` as seen. `since` follows only without a gap, so that an early ack cannot hide a message that came before it. */
  private isNew(seq: number): boolean {
    if (this.seen.has(seq)) return false;
    this.seen.add(seq);
    while (this.seen.has(this.since + 1)) this.since += 1;
    return true;
  }

  /** One deed at a time, in the order in which they were done. */
  private flush(): void {
    const next = this.queue[0];
    if (!this.ready || this.inFlight || !next) return;
    this.inFlight = next.deed.id;
    this.send(next.deed);
    this.expect(ANSWER_WITHIN, () => this.lost());
  }

  private busy(): void {
    this.ready = false;
    this.inFlight = "";
    this.ears.connected(false);
    this.expect(this.pause(), () => this.greet());
  }

  private lost(): void {
    this.drop();
    if (this.ended) return;
    this.ears.connected(false);
    this.expect(this.pause(), () => this.start());
  }

  private pause(): number {
    return wait(this.tries++, this.around.chance());
  }

  private end(): void {
    this.ended = true;
    this.drop();
    this.around.save([]);
    this.ears.gone();
  }

  private drop(): void {
    const socket = this.socket;
    this.around.cancel(this.timer);
    this.socket = null;
    this.ready = false;
    this.inFlight = "";
    if (this.opening === "sent") this.opening = "due";
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private expect(milliseconds: number, otherwise: () => void): void {
    this.around.cancel(this.timer);
    this.timer = this.around.later(milliseconds, otherwise);
  }

  private send(frame: Up): void {
    this.socket?.send(JSON.stringify(frame));
  }
}
