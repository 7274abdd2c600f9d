import { Fault } from '../../sdk/fault.ts';
import type { Json } from '../../sdk/json.ts';
import { isJsonObject } from '../../sdk/json.ts';
import type { Row, State } from '../../sdk/state.ts';
import { inputKey } from '../keys.ts';
import { inputsOf, NO_WIRES, type Wires } from '../wires.ts';

/**
 * What it takes that `door` has the inputs of `wires` in place of those of `was`: each new one free, announced as an
 * input by the board `node`, which is that of the door. Returns the refusal or the writes, and never throws, so that
 * of several refusals the same one wins.
 */
export async function rewire(
  state: State,
  door: string,
  { was = NO_WIRES, wires }: { readonly was?: Wires; readonly wires: Wires },
): Promise<Rewiring> {
  const before = inputsOf(was);
  const now = inputsOf(wires);
  const added = now.filter((input) => !before.includes(input));
  const known = await Promise.all(
    added.map((input) => Promise.all([state.read(inputKey(input)), state.read(`device/${input}`, 'mesh')])),
  );
  const removed = before.filter((input) => !now.includes(input));
  return {
    added: added.map((input, at) => ({ input, owner: known[at]?.[0] ?? null, device: known[at]?.[1] ?? null })),
    writes: [
      ...removed.map((input) => ({ key: inputKey(input), value: null })),
      ...added.map((input) => ({ key: inputKey(input), value: door })),
    ],
  };
}

interface Rewiring {
  readonly added: readonly { readonly input: string; readonly owner: Json; readonly device: Json }[];
  readonly writes: readonly Row[];
}

/** @throws Fault input_taken, no_such_device, not_an_input, device_elsewhere */
export function checkWiring({ added }: Rewiring, node: string): void {
  for (const { input, owner, device } of added) {
    if (owner !== null) throw new Fault('input_taken', `input ${input} belongs to door ${String(owner)}`);
    const inputNode = nodeOfDevice(device, input, 'input');
    if (inputNode !== node) throw new Fault('device_elsewhere', `${input} is on another node than the door`);
  }
}

const NOT_A = {
  reader: ['not_a_reader', 'no reader'],
  output: ['not_an_output', 'no output'],
  input: ['not_an_input', 'no input'],
} as const;

/** The board that has announced the device. @throws Fault no_such_device, not_a_reader, not_an_output, not_an_input */
export function nodeOfDevice(record: Json, device: string, role: keyof typeof NOT_A): string {
  if (!isJsonObject(record) || typeof record.node !== 'string') {
    throw new Fault('no_such_device', `no node has announced a device ${device}`);
  }
  if (record.role === role) return record.node;
  const [code, words] = NOT_A[role];
  throw new Fault(code, `device ${device} is ${words}`);
}
