const ACK = Uint8Array.of(0, 0, 0xff, 0, 0xff, 0);

/** The frame with `content`, which begins with its TFI. */
export function encodeFrame(content: Uint8Array): Uint8Array {
  const sum = content.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(0, 0, 0xff, content.length, -content.length, ...content, -sum, 0);
}

interface TwinState {
  /** UID of the card that lies there, in hex. */
  card: string | null;
  /** The chip has no power, or is not awake yet. */
  isSilent: boolean;
  /** It acknowledges and never answers. */
  isMute: boolean;
  /** What it answers to GetFirmwareVersion. */
  firmware: readonly number[];
  /** It says "syntax error" to everything. */
  refusesAll: boolean;
}

/** A PN532 as its manual has it, at the other end of a line: it takes bytes and gives the bytes that it answers. */
export class Pn532Twin {
  readonly state: TwinState = {
    card: null,
    isSilent: false,
    isMute: false,
    firmware: [0x32, 0x01, 0x06, 0x07],
    refusesAll: false,
  };
  /** Codes of the commands it has heard. */
  readonly heard: number[] = [];
  readonly #send: (bytes: Uint8Array) => void;
  #held = Buffer.alloc(0);
  #isAwake = false;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** As when its power was cut: it sleeps until it is woken. */
  restart(): void {
    this.#isAwake = false;
    this.#held = Buffer.alloc(0);
  }

  hear(bytes: Uint8Array): void {
    this.#held = Buffer.concat([this.#held, bytes]);
    for (;;) {
      const start = this.#held.indexOf('0000ff', 'hex');
      const length = this.#held[start + 3];
      if (this.#held.includes('5555', 0, 'hex')) this.#isAwake = true;
      if (start < 0 || length === undefined || this.#held.length < start + length + 7) return;
      const content = this.#held.subarray(start + 5, start + 5 + length);
      this.#held = this.#held.subarray(start + length + 7);
      if (content[0] === 0xd4) this.#obey(content.subarray(1));
    }
  }

  #obey(command: Uint8Array): void {
    const [code = 0] = command;
    const { isSilent, isMute, refusesAll } = this.state;
    if (isSilent || !this.#isAwake) return;
    this.heard.push(code);
    if (isMute) this.#send(ACK);
    else if (refusesAll) this.#send(Buffer.concat([ACK, encodeFrame(Uint8Array.of(0x7f))]));
    else this.#send(Buffer.concat([ACK, encodeFrame(Uint8Array.of(0xd5, code + 1, ...this.#answerTo(code)))]));
  }

  #answerTo(code: number): readonly number[] {
    if (code === 0x02) return this.state.firmware;
    if (code !== 0x4a) return [];
    const { card } = this.state;
    if (card === null) return [0];
    const uid = Buffer.from(card, 'hex');
    return [1, 1, 0x00, 0x04, 0x08, uid.length, ...uid];
  }
}
