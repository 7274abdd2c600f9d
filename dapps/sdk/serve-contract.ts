import type { ContractDefinition } from './contract.ts';
import { object } from './fields.ts';
import { greet } from './hello.ts';
import { answerQuery, applyEntry } from './judge.ts';
import type { Method } from './peer.ts';
import { Peer } from './peer.ts';
import { NodeState } from './state.ts';
import { openStdio } from './stdio.ts';

/** Serves a contract on standard input and output until the input ends. Call it once, from the entry file. */
export function serveContract(definition: ContractDefinition): void {
  const { name, version } = definition;
  const methods = new Map<string, Method>([
    ['hello', async (params) => greet({ name, version, kinds: Object.keys(definition.kinds) }, params)],
    ['apply', (params) => applyEntry(definition, params, new NodeState(peer, name, object(params, 'reads')))],
    ['query', (params) => answerQuery(definition, params, new NodeState(peer, name))],
  ]);
  const wire = openStdio((line) => peer.receive(line));
  const peer: Peer = new Peer(wire, methods);
}
