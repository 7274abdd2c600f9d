import type { Credential } from '../credential.ts';

/** A message as it came, from a device that may send anything. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Kept by the broker from before we listened, so nobody says it now. */
  readonly isRetained: boolean;
}

/** A message to send, never retained: a relay that reconnects must not hear an old order. */
export interface MqttOrder {
  readonly topic: string;
  readonly payload: string;
}

/** Why a message on one of the device's own topics is refused. */
export const MQTT_FAULTS = [
  'over_long',
  'not_text',
  'not_json',
  'retained',
  'bad_uid',
  'zero_uid',
  'random_uid',
  'bad_state',
] as const;
export type MqttFault = (typeof MQTT_FAULTS)[number];

/** What a message says. `other`: nothing that concerns us, on whatever topic. */
export type MqttHeard =
  | { readonly type: 'badge'; readonly credential: Credential }
  | { readonly type: 'state'; readonly isOn: boolean }
  | { readonly type: 'availability'; readonly isOnline: boolean }
  /** Where the device is, as dotted IPv4. */
  | { readonly type: 'address'; readonly address: string }
  | { readonly type: 'refused'; readonly fault: MqttFault }
  | { readonly type: 'other' };

export const OTHER: MqttHeard = Object.freeze({ type: 'other' });

export function refused(fault: MqttFault): MqttHeard {
  return { type: 'refused', fault };
}

/** What an output is to do. */
export type OutputOrder = { readonly type: 'on' | 'off' } | { readonly type: 'pulse'; readonly ms: number };

/** How an output is told. */
export interface OrderPlan {
  readonly order: MqttOrder;
  /** For a pulse: whether the device ends it by itself, also when nobody reaches it any more. Else `off` must follow. */
  readonly endsItself: boolean;
}

/** An output that a device has. */
export interface MqttOutput {
  /** @throws order_unsupported, order_over_long. */
  plan(order: OutputOrder): OrderPlan;
  hear(message: MqttMessage): MqttHeard;
}
