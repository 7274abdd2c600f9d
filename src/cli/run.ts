import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { pino } from 'pino';
import { messageOf } from '../base/errors.ts';
import { SHUTDOWN_MS_MAX } from '../base/limits.ts';
import { dropGarbage } from '../node/garbage.ts';
import { NodeLife } from '../node/life-signs.ts';
import { type RunningNode, startNode } from '../node/node.ts';
import { readConfig } from '../node/read-config.ts';
import { requireSpace } from '../node/space-folder.ts';
import { bootId, systemClock, systemRandomness } from '../node/system.ts';
import { systemdSupervisor } from '../node/systemd.ts';
import { createProcessRunner } from '../sandbox/process-runner.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';

export function runCommand(program: Command, environment: Environment): void {
  const command = program.command('run').description('run the node of a space until SIGTERM or Ctrl-C; SIGHUP: reload');
  common(command, environment, ['run', 'run --folder /var/lib/blockmesh']);
  command.action((options: CommonOptions) => run(options, environment));
}

async function run(options: CommonOptions, environment: Environment): Promise<void> {
  const folder = resolve(options.folder);
  requireSpace(folder);
  const config = readConfig(folder);
  // Synchronous: a line that was logged before a crash is there after it.
  const log = pino({ level: config.log.level, name: config.node.name }, pino.destination({ dest: 1, sync: true }));
  const clock = systemClock(config.node.clock);
  const life = new NodeLife({ supervisor: systemdSupervisor(environment.service, log), clock });
  life.begin();
  const starting = startNode({
    version: environment.version,
    folder,
    dappsFolder: environment.dapps,
    config,
    clock,
    randomness: systemRandomness,
    boot: bootId(),
    runner: createProcessRunner({ path: environment.programPath }),
    log,
  });
  reloadAtHangup(starting);
  let node: RunningNode;
  try {
    node = await starting;
  } catch (error) {
    await life.end(`could not start: ${messageOf(error)}`);
    throw error;
  }
  dropGarbage();
  const stopped = stopSignal();
  await life.ready(node.health);
  await stopped;
  log.info('stopping');
  // Whatever hangs must not keep a board from going down; nothing acknowledged is lost by leaving.
  const late = setTimeout(() => {
    log.error('stop took too long, leaving');
    // An exit would wait for threads that hang in the system, and the ledger's lock with it.
    process.kill(process.pid, 'SIGKILL');
  }, SHUTDOWN_MS_MAX);
  const told = life.end('stopping');
  await node.stop();
  await told;
  clearTimeout(late);
  log.info('stopped');
}

/**
 * Resolves at the first of them. They stay ours: execa, which ends its children with us, would take a signal that nobody
 * else listens to any more for its own to obey, and end this process in the middle of its stop.
 */
function stopSignal(): Promise<void> {
  const { promise, resolve: resolveSignal } = Promise.withResolvers<void>();
  process.on('SIGTERM', () => resolveSignal());
  process.on('SIGINT', () => resolveSignal());
  return promise;
}

/**
 * As services do. A node that somebody runs on a terminal goes with it, as before: there the signal says that whoever
 * watched is gone. One that comes while the node starts is obeyed when it runs.
 */
function reloadAtHangup(starting: Promise<RunningNode>): void {
  if (isatty(0)) return;
  process.on('SIGHUP', () => {
    // That it could not start is told where it is awaited.
    void starting.then(
      (node) => node.reload(),
      () => {},
    );
  });
}
