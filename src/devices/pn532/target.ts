import { type Credential, isRandomUid } from '../credential.ts';
import { IN_LIST_PASSIVE_TARGET, UID_LENGTHS } from './constants.ts';

/** Why an answer names no card although it should. */
export const TARGET_FAULTS = ['bad_target', 'bad_uid_length', 'random_uid', 'zero_uid'] as const;
export type TargetFault = (typeof TARGET_FAULTS)[number];

/** Which end of a UID comes first in the number: as the card sends it, or as readers with Wiegand often turn it. */
export type ByteOrder = 'as-sent' | 'reversed';

/** Answer code, number of targets, target, SENS_RES (2), SEL_RES, length of the UID. */
const UID_AT = 7;
const SEL_RES_AT = 5;
/** Set in SEL_RES of a card that speaks ISO 14443-4, of which the chip has asked the ATS. */
const HAS_ATS = 0x20;

/**
 * The card in an answer to InListPassiveTarget for type A: `4B`, number of targets, then of the one target its number,
 * SENS_RES (2), SEL_RES, the UID's length and the UID, and for some cards an ATS (UM0701-02, 7.3.5); null: no card.
 */
export function decodeTarget(data: Uint8Array, order: ByteOrder): Credential | TargetFault | null {
  const [code, targets] = data;
  if (code !== IN_LIST_PASSIVE_TARGET + 1 || targets === undefined) return 'bad_target';
  if (targets === 0) return null;
  const length = data[UID_AT - 1];
  if (targets !== 1 || data[2] !== 1 || length === undefined) return 'bad_target';
  if (!UID_LENGTHS.includes(length)) return 'bad_uid_length';
  const uid = Buffer.from(data.subarray(UID_AT, UID_AT + length));
  const rest = data.subarray(UID_AT + length);
  // The first byte of an ATS counts all of it, itself too.
  const isAts = ((data[SEL_RES_AT] ?? 0) & HAS_ATS) !== 0 && rest[0] === rest.length;
  if (uid.length < length || (rest.length > 0 && !isAts)) return 'bad_target';
  const sent = BigInt(`0x${uid.toString('hex')}`);
  if (sent === 0n) return 'zero_uid';
  if (isRandomUid(length * 8, sent)) return 'random_uid';
  const value = order === 'as-sent' ? sent : BigInt(`0x${uid.reverse().toString('hex')}`);
  return { family: 'iso14443a', bits: length * 8, value };
}
