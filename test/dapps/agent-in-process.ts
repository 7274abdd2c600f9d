import { type AgentDefinition, joinAgent } from '../../dapps/sdk/agent.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { NodeEnd } from './harness.ts';

/**
 * An agent in this very process: messages and their order are those of a pipe, for each line arrives in a turn of its
 * own, but nothing has to be started.
 */
export class AgentInProcess {
  stderr = '';
  readonly #end: NodeEnd;

  constructor(definition: AgentDefinition, answer: (method: string, params: JsonObject) => Json) {
    this.#end = new NodeEnd((line) => setImmediate(() => peer.receive(line.trimEnd())), answer);
    const peer = joinAgent(definition, {
      send: (line) => setImmediate(() => this.#end.receive(line)),
      log: (message) => {
        this.stderr += `${message}\n`;
      },
      fail: (reason) => {
        throw new Error(`the agent failed: ${reason}`);
      },
    });
  }

  /** Rejects with the agent's code. */
  call(method: string, params: JsonObject): Promise<Json> {
    return this.#end.call(method, params);
  }

  notify(method: string, params: JsonObject): void {
    this.#end.notify(method, params);
  }
}
