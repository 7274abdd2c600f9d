import { KEYBOARD_CHARS_MAX, KEYBOARD_KEY_GAP_MS_MAX } from '../../base/limits.ts';
import type { Credential } from '../credential.ts';
import { CHARACTERS, ENTER_KEYS, SILENT_KEYS } from './constants.ts';
import { decodeTyped, type TypedFault, type TypedFormat } from './frame.ts';

/**
 * `no_end`: the next key came too late, or never; `over_long`; `unknown_key`: one that no badge reader has;
 * `lost_keys`: the kernel threw keys away. The others are a number's own.
 */
type Refusal = TypedFault | 'no_end' | 'over_long' | 'unknown_key' | 'lost_keys';

const NS_PER_MS = 1_000_000n;

/**
 * Finds numbers in keys: characters that follow each other within `KEYBOARD_KEY_GAP_MS_MAX`, then Enter. It holds at
 * most `KEYBOARD_CHARS_MAX` of them. What is wrong spoils all up to the next Enter or the next gap, so that the end of
 * one number never passes for another. It has no timer: what was typed and never ended waits to be refused.
 */
export class KeyboardParser {
  readonly #format: TypedFormat;
  readonly #onCredential: (credential: Credential) => void;
  #text = '';
  /** Why the present number is none, as soon as that is known. */
  #spoiled: Refusal | undefined;
  #lastNs = 0n;
  #strayKeys = 0;
  readonly #refused: Record<Refusal, number> = {
    bad_number: 0,
    out_of_range: 0,
    zero_uid: 0,
    no_end: 0,
    over_long: 0,
    unknown_key: 0,
    lost_keys: 0,
  };

  /** `onCredential` runs inside `press`, once for each good number. */
  constructor(format: TypedFormat, onCredential: (credential: Credential) => void) {
    this.#format = format;
    this.#onCredential = onCredential;
  }

  /** Numbers refused so far, by reason. */
  get refused(): Readonly<Record<Refusal, number>> {
    return { ...this.#refused };
  }

  /** Presses of Enter with nothing before it. */
  get strayKeys(): number {
    return this.#strayKeys;
  }

  /** Characters of the unfinished number now held. */
  get bufferedChars(): number {
    return this.#text.length;
  }

  /** A key went down, once however long it is held. */
  press(code: number, atNs: bigint): void {
    if (SILENT_KEYS.has(code)) return;
    if (atNs - this.#lastNs > BigInt(KEYBOARD_KEY_GAP_MS_MAX) * NS_PER_MS) this.reset();
    this.#lastNs = atNs;
    if (ENTER_KEYS.has(code)) this.#finish();
    else this.#write(CHARACTERS.get(code));
  }

  /** The kernel threw keys away: what is typed now is not all of it. */
  lose(atNs: bigint): void {
    this.#lastNs = atNs;
    this.#spoiled ??= 'lost_keys';
  }

  /** Forgets an unfinished number, as when the keyboard was unplugged: its rest will not come. */
  reset(): void {
    if (this.#spoiled !== undefined) this.#refuse(this.#spoiled);
    else if (this.#text !== '') this.#refuse('no_end');
  }

  #write(character: string | undefined): void {
    if (this.#spoiled !== undefined) return;
    if (character === undefined) this.#spoiled = 'unknown_key';
    else if (this.#text.length === KEYBOARD_CHARS_MAX) this.#spoiled = 'over_long';
    else this.#text += character;
  }

  #finish(): void {
    if (this.#spoiled !== undefined) {
      this.#refuse(this.#spoiled);
    } else if (this.#text === '') {
      this.#strayKeys += 1;
    } else {
      const decoded = decodeTyped(this.#format, this.#text);
      if (typeof decoded === 'string') {
        this.#refuse(decoded);
        return;
      }
      this.#text = '';
      this.#onCredential(decoded);
    }
  }

  #refuse(reason: Refusal): void {
    this.#text = '';
    this.#spoiled = undefined;
    this.#refused[reason] += 1;
  }
}
