import { createConnection, type Socket } from 'node:net';
import { pino } from 'pino';
import { CodedError, codeOf } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { CONTROL_CALL_MS_MAX } from '../base/limits.ts';
import type { Config } from '../node/config.ts';
import { OPERATIONS } from '../node/operations/operations.ts';
import { runOperation } from '../node/operations/run-operation.ts';
import { readConfig } from '../node/read-config.ts';
import { openSpace, type Space } from '../node/space.ts';
import { requireSpace } from '../node/space-folder.ts';
import { bootId, systemClock, systemRandomness } from '../node/system.ts';
import { RpcPeer } from '../sandbox/peer.ts';
import { createProcessRunner } from '../sandbox/process-runner.ts';
import type { Environment } from './environment.ts';
import { showProgress } from './progress.ts';

/** A space that answers: the running node's, or the store itself when none runs. */
export interface Session {
  readonly isNodeRunning: boolean;
  /** @throws what the operation refuses with; node_needed for what only a running node can do. */
  call(method: string, params: JsonObject, timeoutMs?: number): Promise<Json>;
  close(): Promise<void>;
}

/**
 * @param isUnchecked whether a damaged store is opened all the same, to look at the damage.
 * @param prepare what to do first with a store of which no node is in charge.
 */
export async function openSession(
  folder: string,
  environment: Environment,
  isUnchecked = false,
  prepare?: (space: Space, config: Config) => Promise<void>,
): Promise<Session> {
  requireSpace(folder);
  const config = readConfig(folder);
  const socket = await connect(config.control.socket);
  if (socket !== null) return remoteSession(socket);
  const space = await openStore(folder, config, environment, isUnchecked);
  try {
    await prepare?.(space, config);
    return localSession(space, folder);
  } catch (error) {
    await space.close();
    throw error;
  }
}

/** The running node, for what no store can do by itself. @throws node_needed. */
export async function openNode(folder: string): Promise<Session> {
  requireSpace(folder);
  const { control } = readConfig(folder);
  const socket = await connect(control.socket);
  if (socket !== null) return remoteSession(socket);
  throw new CodedError('node_needed', `no node listens at ${control.socket}`, {
    fields: { path: control.socket },
    advice: 'Start one with `blockmesh run`. One that was started with another control.socket still listens there.',
  });
}

/** Null when nobody listens. @throws control_denied. */
function connect(path: string): Promise<Socket | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket | null>();
  const socket = createConnection(path);
  socket.once('connect', () => resolve(socket));
  socket.once('error', (cause) => {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve(null);
    else {
      reject(
        new CodedError('control_denied', `cannot talk to the node at ${path}: ${cause.message}`, {
          cause,
          fields: { path },
          advice: 'Run this as the user of the node.',
        }),
      );
    }
  });
  return promise;
}

function remoteSession(socket: Socket): Session {
  const peer = new RpcPeer({
    input: socket,
    output: socket,
    handlers: {},
    notified: (method, params) => {
      if (method === 'progress') showProgress(String(params.stage), Number(params.done), Number(params.total));
    },
  });
  return {
    isNodeRunning: true,
    call: (method, params, timeoutMs = CONTROL_CALL_MS_MAX) => peer.call(method, params, timeoutMs),
    close: async () => {
      peer.close();
      await peer.closed;
    },
  };
}

function openStore(folder: string, config: Config, environment: Environment, isUnchecked: boolean): Promise<Space> {
  return openSpace({
    folder,
    dappsFolder: environment.dapps,
    clock: systemClock(config.node.clock),
    randomness: systemRandomness,
    boot: bootId(),
    runner: createProcessRunner({ path: environment.programPath }),
    log: pino({ level: 'warn' }, pino.destination(2)),
    isUnchecked,
  });
}

function localSession(space: Space, folder: string): Session {
  return {
    isNodeRunning: false,
    call: async (method, params) => {
      const operation = OPERATIONS[method];
      if (operation === undefined) {
        throw new CodedError('node_needed', 'this needs a running node', { advice: 'Start one with `blockmesh run`.' });
      }
      const context = { space, randomness: systemRandomness, progress: showProgress };
      return await runOperation(operation, folder, context, params);
    },
    close: () => space.close(),
  };
}
