import { createHash } from 'node:crypto';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { COMMAND_AHEAD_MS_MAX, COMMAND_PAYLOAD_BYTES_MAX, NONCE_CHARS_MAX } from '../base/limits.ts';
import type { ClockReading } from '../base/ports.ts';

/**
 * Commands to a door that come over MQTT: `{action, nonce, expires}` on `<base>/<door>/set`. A broker repeats, keeps
 * and queues what it is given, so a message alone proves nothing about now. Hence each command says until when it is
 * meant (`expires`, ms since 1970) and carries a number used once (`nonce`) that begins with the door's own tag.
 */

/** `open` opens once, for the door's usual time; `lock` takes back what is still open. */
export type DoorAction = 'open' | 'lock';

export interface DoorCommand {
  readonly action: DoorAction;
  readonly nonce: string;
  /** Ms since 1970. */
  readonly expires: number;
}

const ACTIONS: readonly string[] = ['open', 'lock'];
const NONCE = new RegExp(`^[0-9A-Za-z_.-]{1,${NONCE_CHARS_MAX}}$`);
const TAG_CHARS = 12;
const ADVICE = 'Send {"action": "open", "nonce": "<tag>-<random>", "expires": <ms since 1970>}, not retained.';

/**
 * What every nonce for `door` of `mesh`, its id as text, begins with, before a `-`. It is no secret: it keeps a command
 * that was meant for one door, or for another space with a door of the same name, from doing anything here.
 */
export function nonceTag(mesh: string, door: string): string {
  const digest = createHash('sha256').update(`blockmesh/nonce/1\0${mesh}\0${door}`).digest('hex');
  return digest.slice(0, TAG_CHARS);
}

interface CommandContext {
  /** `nonceTag` of the door the command came to. */
  readonly tag: string;
  readonly now: ClockReading;
}

/**
 * The command that a message holds. That its nonce was not used before is for the caller to find out, last of all.
 * @throws command_retained, command_too_large, command_invalid, nonce_foreign, clock_unknown, command_expired,
 * command_too_far
 */
export function readCommand(
  message: { readonly payload: Uint8Array; readonly isRetained: boolean },
  { tag, now }: CommandContext,
): DoorCommand {
  if (message.isRetained) {
    throw new CodedError('command_retained', 'a retained command is never acted on: it says nothing about now', {
      advice: 'Publish commands without the retain flag.',
    });
  }
  const { payload } = message;
  if (payload.length > COMMAND_PAYLOAD_BYTES_MAX) {
    throw new CodedError('command_too_large', `a command has at most ${COMMAND_PAYLOAD_BYTES_MAX} bytes`, {
      fields: { bytes: payload.length },
      advice: ADVICE,
    });
  }
  const command = parseCommand(payload);
  if (!command.nonce.startsWith(`${tag}-`) || command.nonce.length === tag.length + 1) {
    throw new CodedError('nonce_foreign', 'the command was made for another door or another space', {
      fields: { nonce: command.nonce, tag },
      advice: `A nonce for this door begins with ${tag}- and goes on at random.`,
    });
  }
  checkTime(command.expires, now);
  return command;
}

function checkTime(expires: number, { wallMs, quality }: ClockReading): void {
  if (quality === 'unknown') {
    throw new CodedError('clock_unknown', 'this board does not know the time, so no command is known to be fresh', {
      advice: 'It takes commands again when its clock is set.',
    });
  }
  const fields = { expires, now: wallMs };
  if (expires <= wallMs) {
    throw new CodedError('command_expired', `the command expired ${wallMs - expires} ms ago`, {
      fields,
      advice: 'If it was sent just now, the clocks of sender and board differ: set both by NTP.',
    });
  }
  if (expires > wallMs + COMMAND_AHEAD_MS_MAX) {
    throw new CodedError('command_too_far', `a command expires at most ${COMMAND_AHEAD_MS_MAX} ms ahead`, {
      fields,
      advice: 'Say a nearer time; if it was near, the clocks of sender and board differ: set both by NTP.',
    });
  }
}

function parseCommand(payload: Uint8Array): DoorCommand {
  const value = jsonOf(payload);
  if (!isJsonObject(value)) throw invalid('it is not a JSON object');
  const extra = Object.keys(value).find((key) => !['action', 'nonce', 'expires'].includes(key));
  if (extra !== undefined) throw invalid(`it has no field ${JSON.stringify(extra).slice(0, NONCE_CHARS_MAX)}`);
  const { action, nonce, expires } = value;
  if (typeof action !== 'string' || !ACTIONS.includes(action)) throw invalid(`action is ${ACTIONS.join(' or ')}`);
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) {
    throw invalid(`nonce is 1 to ${NONCE_CHARS_MAX} letters, digits or any of _ . -`);
  }
  if (typeof expires !== 'number' || !Number.isSafeInteger(expires)) throw invalid('expires is whole ms since 1970');
  return { action: action as DoorAction, nonce, expires };
}

function jsonOf(payload: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as Json;
  } catch {
    return undefined;
  }
}

function invalid(why: string): CodedError {
  return new CodedError('command_invalid', `not a command to a door: ${why}`, { advice: ADVICE });
}

/** A sender whose clock is ahead by less than this is still understood. */
const TEMPLATE_MARGIN_MS = 3_000;

/**
 * The Jinja template by which Home Assistant makes a command of a payload of its own (`value`). `random` of a long
 * range is refused there, so two short ones and the time in microseconds make the nonce.
 */
export function commandTemplate(tag: string): string {
  const digits = '{{ range(0, 99999) | random }}';
  const nonce = `${tag}-{{ (as_timestamp(now()) * 1000000) | int }}-${digits}.${digits}`;
  const expires = `{{ (as_timestamp(now()) * 1000) | int + ${COMMAND_AHEAD_MS_MAX - TEMPLATE_MARGIN_MS} }}`;
  return `{"action": "{{ value }}", "nonce": "${nonce}", "expires": ${expires}}`;
}

/** What is told of a command that was refused: its code and what was wrong, none of what it carried. */
export function refusalOf(door: string, device: string | null, error: CodedError): JsonObject {
  return { type: 'refused', door, device, code: error.code, message: error.message };
}
