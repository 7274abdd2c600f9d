/** What finds the frames of one reader family in the bytes of its line. Each family's parser says what it hands on. */
export interface ByteParser {
  /** Bytes as they come, in pieces of any size. What is found is handed on inside the call, in the order of the wire. */
  push(bytes: Uint8Array): void;
  /** Forgets an unfinished frame, as when the port was lost: its rest will not come. */
  reset(): void;
  /** Frames refused so far, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Bytes outside of any frame, the rest of a frame given up included. */
  readonly strayBytes: number;
  /** Bytes of the unfinished frame now held. */
  readonly bufferedBytes: number;
}
