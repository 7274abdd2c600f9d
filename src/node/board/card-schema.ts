import { Ajv } from 'ajv';
import { BREAK_GLASS_CARDS_MAX, CREDENTIAL_TEXT_CHARS_MAX, SSH_KEYS_MAX } from '../../base/limits.ts';
import { configError } from '../config-error.ts';
import { DEVICE_NAME, devices, table, text } from '../schema-parts.ts';
import type { CardPatch } from './card-patch.ts';

/** The sections of a card's `blockmesh.toml` that are for the board and not for the node, as a JSON Schema. */

/** One label of RFC 1123, section 2.1: mDNS makes `<label>.local` of it. */
const HOST_NAME = '^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$';
const COUNTRY = '^[A-Z]{2}$';
const ADDRESS = '[0-9A-Fa-f:.]{2,45}';

const country = { type: 'string', pattern: COUNTRY };
const address = { type: 'string', pattern: `^${ADDRESS}$` };
const card = { type: 'string', minLength: 1, maxLength: CREDENTIAL_TEXT_CHARS_MAX };
const device = { type: 'string', pattern: DEVICE_NAME };
const count = { type: 'integer', minimum: 0 };

const sections = () => ({
  board: table({ hostname: { type: 'string', pattern: HOST_NAME }, timezone: text, country }),
  wifi: table({
    ssid: text,
    password: { type: 'string', minLength: 1, maxLength: 64 },
    open: { type: 'boolean' },
    hidden: { type: 'boolean' },
    country,
  }),
  network: table({
    dhcp: { type: 'boolean' },
    address: { type: 'string', pattern: `^${ADDRESS}/[0-9]{1,3}$` },
    gateway: address,
    dns: { type: 'array', items: address, maxItems: 3 },
  }),
  ssh: table({ keys: { type: 'array', items: { type: 'string' }, maxItems: SSH_KEYS_MAX } }),
  space: table({
    name: text,
    zone: text,
    new: { type: 'boolean' },
    admin: text,
    badge: card,
    break_glass: { type: 'array', items: card, maxItems: BREAK_GLASS_CARDS_MAX },
  }),
  door: devices(
    table(
      {
        reader: device,
        output: device,
        title: text,
        open_ms: count,
        bits: count,
        exit_button: device,
        contact: device,
        held_ms: count,
      },
      ['reader', 'output'],
    ),
  ),
});

/** Names of these sections; every other one of a card is the node's. */
export const BOARD_SECTIONS: readonly string[] = ['board', 'wifi', 'network', 'ssh', 'space', 'door'];

export function cardSchema(): object {
  return table(sections());
}

/** A patch that was made of another format than TOML, held to the same rules. @throws config_invalid. */
export function checkedPatch(patch: CardPatch, name: string): CardPatch {
  const { board, wifi, network, ssh } = patch;
  const check = new Ajv().compile(cardSchema());
  if (check({ board, wifi, network, ssh })) return patch;
  throw configError(check.errors?.[0], patch, name);
}
