import { deviceOf, type Packet } from './packets.ts';

/** A message as somebody in this node hears it. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It was published to be retained, or is an old one that was: nothing that happens now. */
  readonly isRetained: boolean;
  /** Who published it; null: this node. */
  readonly device: string | null;
}

/** A message that this node says: its own, or one that a client has left. */
export interface Emitted {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  readonly qos: 0 | 1 | 2;
  readonly clientId?: string;
}

export function messageFrom({ topic = '', payload = '', retain = false, clientId }: Packet): Message {
  const device = clientId === undefined ? null : deviceOf(clientId);
  return { topic, payload: Buffer.from(payload), isRetained: retain, device };
}
