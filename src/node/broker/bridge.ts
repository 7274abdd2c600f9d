import type { Json, JsonObject } from '../../base/json.ts';
import { BRIDGE_QUEUE_MAX, BRIDGE_STOP_MS_MAX } from '../../base/limits.ts';
import {
  BRIDGE_EVENT,
  BRIDGE_REQUESTS,
  BRIDGE_STATE,
  DOOR_GET,
  DOOR_SET,
  nameOf,
  readRequest,
  responseTo,
  stateMessage,
} from '../../broker/bridge-messages.ts';
import { DISCOVERY_STATUS } from '../../broker/discovery.ts';
import type { Message } from '../../broker/message.ts';
import type { Log } from '../../sandbox/log.ts';
import type { ChangedKeys } from '../fold.ts';
import { type BridgeDoor, doorsHere } from './bridge-doors.ts';
import { Voice, type VoiceParts } from './bridge-voice.ts';
import { TaskQueue } from './task-queue.ts';

export interface BridgeParts extends VoiceParts {
  readonly subscribe: (filter: string, listener: (message: Message) => void) => () => void;
  readonly retained: (filter: string) => Promise<readonly Message[]>;
  readonly log: Log;
  /** Whether an output of this board can be driven now. */
  readonly isDrivable: (output: string) => boolean;
  /** A message came to a door's `set`. */
  readonly onCommand: (door: BridgeDoor, message: Message) => void;
}

/**
 * What this board tells and answers on MQTT: that it is there, its doors and how they are, and Home Assistant's
 * discovery of them. Nothing that arrives here opens a door by itself: commands go to `onCommand`.
 */
export class Bridge {
  readonly #parts: BridgeParts;
  readonly #voice: Voice;
  #doors: ReadonlyMap<string, BridgeDoor> = new Map();
  #unsubscribes: readonly (() => void)[] = [];
  /** One after the other, so that what is told last is what holds. */
  readonly #queue: TaskQueue;

  constructor(parts: BridgeParts) {
    this.#parts = parts;
    this.#voice = new Voice(parts);
    this.#queue = new TaskQueue('telling on MQTT', BRIDGE_QUEUE_MAX, parts.log);
  }

  /** Tells everything, and listens; again when the broker was started again. Nobody waits for that. */
  start(): void {
    this.#queue.add(() => this.#voice.tell(BRIDGE_STATE, stateMessage('online')));
    this.#queue.add(() => this.#refresh());
    this.#queue.add(async () => this.#listen());
  }

  /** To be called after each commit of the fold. */
  changed(changes: ChangedKeys): void {
    const keys = changes.get('door');
    if (keys === undefined) return;
    if (keys.length === 0 || keys.some((key) => key.startsWith('door/'))) this.#queue.add(() => this.#refresh());
  }

  /** The pins process came or went. */
  drivableChanged(): void {
    this.#queue.add(() => this.#tellAvailability());
  }

  /** What happened, for whoever listens. */
  event(event: JsonObject): void {
    this.#queue.add(() => this.#voice.tell(BRIDGE_EVENT, event, false));
  }

  /** Says goodbye, unless the broker takes too long to hear it. */
  async stop(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.space.clock.after(BRIDGE_STOP_MS_MAX, resolve);
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#queue.add(() => this.#voice.tell(BRIDGE_STATE, stateMessage('offline')));
    await Promise.race([this.#queue.settled(), late]);
    cancel();
  }

  #listen(): void {
    const { subscribe, base } = this.#parts;
    this.#unsubscribes = [
      subscribe(`${base}/${BRIDGE_REQUESTS}`, (message) => this.#queue.add(() => this.#answer(message))),
      subscribe(`${base}/${DOOR_SET}`, (message) => this.#command(message)),
      subscribe(`${base}/${DOOR_GET}`, (message) => this.#queue.add(() => this.#repeat(message))),
      subscribe(DISCOVERY_STATUS, ({ payload }) => {
        if (new TextDecoder().decode(payload) === 'online') this.#queue.add(() => this.#voice.discover(this.#all()));
      }),
    ];
  }

  /** Looks which doors there are, and tells those that are new, changed or gone. */
  async #refresh(): Promise<void> {
    const before = this.#doors;
    this.#doors = new Map((await doorsHere(this.#parts.space)).map((door) => [door.door, door]));
    for (const door of before.keys()) {
      if (this.#doors.has(door)) continue;
      await this.#voice.withdraw(door);
    }
    await this.#voice.introduce(this.#all());
    await this.#tellAvailability();
    await this.#voice.discover(this.#all());
  }

  #all(): readonly BridgeDoor[] {
    return [...this.#doors.values()];
  }

  #tellAvailability(): Promise<void> {
    return this.#voice.availability(this.#all(), this.#parts.isDrivable);
  }

  async #answer({ topic, payload, isRetained }: Message): Promise<void> {
    if (isRetained) return;
    const request = readRequest(this.#below(topic), payload);
    const answers: Readonly<Record<string, () => Json>> = {
      health_check: () => ({ healthy: this.#all().every(({ output }) => this.#parts.isDrivable(output)) }),
      info: () => this.#voice.info(),
      devices: () => this.#voice.devices(this.#all()),
    };
    const answer = Object.hasOwn(answers, request.name) ? answers[request.name]?.() : undefined;
    const error = `no such request; there are ${Object.keys(answers).join(', ')}`;
    const response = responseTo(request, answer === undefined ? { error } : { data: answer });
    await this.#voice.tell(response.topic, response.message, false);
  }

  #command(message: Message): void {
    const door = this.#doors.get(nameOf(this.#below(message.topic)));
    if (door !== undefined) this.#parts.onCommand(door, message);
  }

  /** Says again how a door is: what is retained of it. */
  async #repeat({ topic }: Message): Promise<void> {
    const { base, retained } = this.#parts;
    const name = nameOf(this.#below(topic));
    if (!this.#doors.has(name)) return;
    for (const { payload } of await retained(`${base}/${name}`))
      await this.#voice.send(name, new TextDecoder().decode(payload));
  }

  #below(topic: string): string {
    return topic.slice(this.#parts.base.length + 1);
  }
}
