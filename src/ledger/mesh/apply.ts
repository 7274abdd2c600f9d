import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { Fields } from '../../format/fields.ts';
import { VERSION } from '../../format/names.ts';
import { type EntryCall, type Outcome, refused } from '../outcome.ts';
import type { StateReader, StateWrite } from '../state.ts';
import { applyCopiesSet } from './copies.ts';
import { applyErase, type EntryView, NO_ENTRIES } from './erase.ts';
import {
  dappKey,
  deviceKey,
  KEY_TEXT,
  MESH,
  MESH_KEY,
  nodeKey,
  principalKey,
  ROLE_ADMIN,
  ROLE_NODE,
  roleKey,
  signerKey,
} from './keys.ts';
import { applyMqttAdd, applyMqttRemove, applyMqttRotate } from './mqtt.ts';
import { applyRestored, applyRestoredClear } from './restored.ts';

/**
 * The built-in dapp `mesh`: who there is (principals, keys, boards), what they may do, which devices the boards
 * announce, which speak MQTT to them, and on how many boards large things are to lie. `device`, `recovered`,
 * `interrupted`, `returned` and `restored` are facts that boards sign.
 */

const NAME = /^[^\p{Cc}]{1,64}$/u;
const NAME_FORM = '1 to 64 characters, none of them a control character';
const LABEL = /^[a-z0-9][a-z0-9-]{0,63}$/;
const NANOSECONDS = /^\d{1,20}$/;
const PULSE = /^[0-9a-zA-Z_-]{1,32}$/;

type Apply = (call: EntryCall, state: StateReader, entries: EntryView) => Outcome;

/** Kinds by name: who may write them, and what they do. */
const KINDS: Readonly<Record<string, { readonly role: string | null; readonly apply: Apply }>> = {
  root: { role: null, apply: applyRoot },
  'key.add': { role: ROLE_ADMIN, apply: applyKeyAdd },
  device: { role: ROLE_NODE, apply: applyDevice },
  recovered: { role: ROLE_NODE, apply: applyPulseFact },
  interrupted: { role: ROLE_NODE, apply: applyPulseFact },
  returned: { role: ROLE_NODE, apply: applyReturned },
  restored: { role: ROLE_NODE, apply: (call, state) => applyRestored(call, fieldsOf(call), state) },
  erase: { role: ROLE_ADMIN, apply: (call, _state, entries) => applyErase(call, fieldsOf(call), entries) },
  'mqtt.add': { role: ROLE_ADMIN, apply: (call, state) => applyMqttAdd(call, fieldsOf(call), state) },
  'mqtt.rotate': { role: ROLE_ADMIN, apply: (call, state) => applyMqttRotate(fieldsOf(call), state) },
  'mqtt.remove': { role: ROLE_ADMIN, apply: (call, state) => applyMqttRemove(fieldsOf(call), state) },
  'copies.set': { role: ROLE_ADMIN, apply: (call) => applyCopiesSet(fieldsOf(call)) },
  'restored.clear': { role: ROLE_ADMIN, apply: (call, state) => applyRestoredClear(fieldsOf(call), state) },
};

export function applyMesh(call: EntryCall, state: StateReader, entries: EntryView = NO_ENTRIES): Outcome {
  const kind = Object.hasOwn(KINDS, call.kind) ? KINDS[call.kind] : undefined;
  if (kind === undefined) return refused('kind_unknown', `mesh knows no ${call.kind}`);
  if (kind.role !== null && !call.roles.includes(kind.role)) {
    return refused('not_allowed', `${call.kind} needs the role ${kind.role}`);
  }
  try {
    return kind.apply(call, state, entries);
  } catch (error) {
    if (error instanceof CodedError) return refused(error.code, error.message);
    throw error;
  }
}

function fieldsOf(call: EntryCall): Fields {
  return new Fields(call.body, 'body_invalid', `mesh ${call.kind}`);
}

/** Only the first entry of all founds the mesh; admission lets no second root in, and a lone entry is no root. */
function applyRoot(call: EntryCall, state: StateReader): Outcome {
  if (state.read(MESH, MESH_KEY) !== null) return refused('mesh_exists', 'the mesh is founded already');
  const root = fieldsOf(call);
  const founder = new Fields(root.raw('founder'), 'body_invalid', 'founder');
  const principal = founder.text('principal', LABEL, 'a label');
  const founderKey = founder.text('key', KEY_TEXT, 'a key in hex');
  if (founderKey !== call.author.key) return refused('not_allowed', 'the founder signs the root');
  const node = new Fields(root.raw('node'), 'body_invalid', 'node');
  const board = node.text('key', KEY_TEXT, 'a key in hex');
  const writes: StateWrite[] = [
    { key: MESH_KEY, value: { name: root.text('name', NAME, NAME_FORM), root: call.body } },
    { key: principalKey(principal), value: { name: founder.text('name', NAME, NAME_FORM) } },
    { key: signerKey(founderKey), value: { principal, node: null } },
    { key: roleKey(principal), value: { roles: [ROLE_ADMIN] } },
    { key: nodeKey(board), value: { name: node.text('name', NAME, NAME_FORM) } },
    { key: signerKey(board), value: { principal: null, node: board } },
  ];
  for (const item of root.list('dapps', 256)) {
    const dapp = new Fields(item, 'body_invalid', 'dapps');
    const ver = dapp.text('ver', VERSION, 'a version');
    writes.push({ key: dappKey(dapp.text('dapp', LABEL, 'a label')), value: { ver } });
  }
  return { ok: true, writes };
}

/** A key that speaks for a person at one board, so that the person's own key can stay in a drawer. */
function applyKeyAdd(call: EntryCall, state: StateReader): Outcome {
  const fields = fieldsOf(call);
  const key = fields.text('key', KEY_TEXT, 'a key in hex');
  const principal = fields.text('principal', LABEL, 'a label');
  const node = fields.text('node', KEY_TEXT, 'a key in hex');
  fields.end();
  if (state.read(MESH, signerKey(key)) !== null) return refused('key_exists', 'the key speaks for somebody already');
  if (state.read(MESH, principalKey(principal)) === null) return refused('no_principal', `nobody is ${principal}`);
  if (state.read(MESH, nodeKey(node)) === null) return refused('no_node', 'the board is not of this mesh');
  return { ok: true, writes: [{ key: signerKey(key), value: { principal, node } }] };
}

/** A board says which reader, output or input it has under a name; a name stays with the board that said it first. */
function applyDevice(call: EntryCall, state: StateReader): Outcome {
  const fields = fieldsOf(call);
  const name = fields.text('name', LABEL, 'a label');
  const role = fields.choice('role', ['reader', 'output', 'input']);
  const family = fields.text('family', LABEL, 'a label');
  fields.end();
  const before = state.read(MESH, deviceKey(name)) as JsonObject | null;
  if (before !== null && before.node !== call.author.node) {
    return refused('device_elsewhere', `another board has a device named ${name}`);
  }
  return { ok: true, writes: [{ key: deviceKey(name), value: { node: call.author.node, role, family } }] };
}

/** What a board found out at its start about a pulse of an earlier life; it changes no state. */
function applyPulseFact(call: EntryCall): Outcome {
  const fields = fieldsOf(call);
  fields.text('pulse', PULSE, 'the id of a pulse');
  fields.text('output', LABEL, 'a label');
  fields.text('onNs', NANOSECONDS, 'monotonic nanoseconds');
  fields.text('offNs', NANOSECONDS, 'monotonic nanoseconds');
  fields.text('end', LABEL, 'a label');
  fields.end();
  return { ok: true, writes: [] };
}

/** A board was started again and is back; `lastMs` is when it wrote last before. It changes no state. */
function applyReturned(call: EntryCall): Outcome {
  const fields = fieldsOf(call);
  fields.integer('lastMs', 0);
  fields.end();
  return { ok: true, writes: [] };
}
