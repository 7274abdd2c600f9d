import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { AGENT_TIMER_MS_MAX, NAME_BYTES_MAX, PINS_ON_MS_MAX } from '../base/limits.ts';
import type { StateReader } from '../ledger/state.ts';
import type { AgentTimers } from './agent-timers.ts';
import type { EntryCheck } from './entry-check.ts';
import type { Manifest } from './manifest.ts';
import type { RpcHandler } from './peer.ts';
import { answerPublish, type Publisher, type PublishRate } from './publish.ts';
import { answerRead, answerScan, badParams, checkParams } from './state-calls.ts';

/**
 * What the node does for an agent. Called only with what the manifest permits; a CodedError that it throws or
 * rejects with goes to the agent with its code. At most RPC_PENDING_MAX calls are open at once.
 */
export interface AgentHost extends StateReader, Publisher {
  append(kind: string, body: Json): Promise<{ readonly block: string; readonly index: number }>;
  /** Drives `output` away from its safe level for `ms` (1 to PINS_ON_MS_MAX). `atNs`: monotonic, decimal. */
  pulse(output: string, ms: number): Promise<{ readonly pulse: string; readonly atNs: string }>;
  hold(output: string): Promise<void>;
  release(output: string): Promise<void>;
  /** How an output of this node is; rejects with unknown_output for one of another. */
  output(output: string): Promise<{ readonly on: boolean; readonly longestMs: number }>;
}

/** What of an agent's program ends with it, or is counted over its lives. */
export interface AgentMeans {
  readonly timers: AgentTimers;
  readonly rate: PublishRate;
}

/** The methods an agent may call, each checked against its manifest before the host hears of it. */
export function agentHandlers(
  manifest: Manifest,
  entries: EntryCheck,
  host: AgentHost,
  { timers, rate }: AgentMeans,
): Readonly<Record<string, RpcHandler>> {
  return {
    read: (params) => answerRead(manifest, host, params),
    scan: (params) => answerScan(manifest, host, params),
    async append(params) {
      const { kind, body } = checkParams('append', params, ['kind', 'body']);
      if (typeof kind !== 'string') throw badParams('append', 'kind');
      if (body === undefined) throw badParams('append', 'body');
      entries.check(kind, body);
      const { block, index } = await host.append(kind, body);
      return { block, index };
    },
    async pulse(params) {
      const output = permittedOutput(manifest, 'pulse', checkParams('pulse', params, ['output', 'ms']));
      const { ms } = params;
      if (typeof ms !== 'number' || ms < 1 || ms > PINS_ON_MS_MAX) throw badParams('pulse', 'ms');
      const { pulse, atNs } = await host.pulse(output, ms);
      return { pulse, atNs };
    },
    async hold(params) {
      await host.hold(permittedOutput(manifest, 'hold', checkParams('hold', params, ['output'])));
      return null;
    },
    async release(params) {
      await host.release(permittedOutput(manifest, 'release', checkParams('release', params, ['output'])));
      return null;
    },
    async output(params) {
      const output = permittedOutput(manifest, 'output', checkParams('output', params, ['output']));
      const { on, longestMs } = await host.output(output);
      return { on, longestMs };
    },
    publish: (params) => answerPublish(manifest, host, rate, params),
    schedule(params) {
      const { id, ms } = checkParams('schedule', params, ['id', 'ms']);
      if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > NAME_BYTES_MAX)
        throw badParams('schedule', 'id');
      if (ms === null) timers.cancel(id);
      else if (typeof ms !== 'number' || ms < 1 || ms > AGENT_TIMER_MS_MAX) throw badParams('schedule', 'ms');
      else timers.set(id, ms);
      return null;
    },
  };
}

function permittedOutput(manifest: Manifest, method: string, params: JsonObject): string {
  const { output } = params;
  if (typeof output !== 'string') throw badParams(method, 'output');
  const { outputs } = manifest.permissions;
  if (!outputs.includes('*') && !outputs.includes(output)) {
    throw new CodedError('not_permitted', `${manifest.name} may not drive ${output}`, {
      fields: { output },
      advice: 'Name the output in `permissions.outputs` of the manifest.',
    });
  }
  return output;
}
