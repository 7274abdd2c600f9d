import type { AgentDefinition } from './agent.ts';
import { joinAgent } from './agent.ts';
import type { Peer } from './peer.ts';
import { openStdio } from './stdio.ts';

/** Serves an agent on standard input and output until the input ends. Call it once, from the entry file. */
export function serveAgent(definition: AgentDefinition): void {
  const wire = openStdio((line) => peer.receive(line));
  const peer: Peer = joinAgent(definition, wire);
}
