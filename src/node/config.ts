import { isAbsolute, join } from 'node:path';
import { Ajv } from 'ajv';
import { CodedError } from '../base/errors.ts';
import { configError } from './config-error.ts';
import { checkInputs, type InputConfig } from './config-inputs.ts';
import { checkOutputs, type OutputConfig } from './config-outputs.ts';
import { Pins, refuserFor } from './config-pins.ts';
import { checkReaders } from './config-readers.ts';
import { configSchema } from './config-schema.ts';
import type { ReaderConfig } from './reader-schema.ts';
import type { ClockTrust } from './system.ts';
import { parseToml, type TomlText } from './toml.ts';

/** `blockmesh.toml`, as it was read. `blockmesh.example.toml` beside this file explains every key. */
export interface Config {
  readonly node: { readonly name: string; readonly clock: ClockTrust };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  readonly control: { readonly socket: string };
  /** `options`: the file that tells the pins process what to own. */
  readonly pins: { readonly socket: string; readonly options: string };
  readonly reader: Readonly<Record<string, ReaderConfig>>;
  readonly input: Readonly<Record<string, InputConfig>>;
  readonly output: Readonly<Record<string, OutputConfig>>;
  /** Outputs that are relays of MQTT devices. */
  readonly relay: Readonly<Record<string, RelayConfig>>;
  readonly broker: BrokerConfig;
  /** Of large things: sizes such as `20 GB`. quota: what their store may take; absent: what the disk has. */
  readonly chunks: { readonly quota?: string; readonly low_space: string };
}

export interface RelayConfig {
  /** As the ledger calls it: `blockmesh device add`. */
  readonly device: string;
  /** Which relay of the device, as its maker counts; absent: its first. */
  readonly number?: number;
  /** The name of an ESPHome device's switch; absent: that of this output. */
  readonly switch?: string;
  readonly longest_ms: number;
}

export interface BrokerConfig {
  readonly enabled: boolean;
  /** With TLS, on every address. 0: any that is free. */
  readonly port: number;
  /** Without TLS, for programs on this machine. 0: none. */
  readonly loopback_port: number;
  /** First levels of every topic of ours. */
  readonly base: string;
  /** Without TLS on one interface, for devices that were added so; absent: none. */
  readonly plain?: { readonly interface: string; readonly port: number };
}

/**
 * The configuration that `source` holds; paths are relative to `folder`.
 * @throws config_syntax, config_unknown_key, config_invalid, each with the line.
 */
export function parseConfig(source: string, path: string, folder: string): Config {
  const toml = parseToml(source, path);
  const check = new Ajv({ useDefaults: true, allErrors: false }).compile<Config>(configSchema());
  const value: unknown = toml.value;
  if (!check(value)) throw configError(check.errors?.[0], toml, path);
  checkDevices(value, toml, path);
  return frozen(withPaths(value, folder));
}

/** What a schema cannot say of the devices. @throws config_invalid. */
function checkDevices({ reader, input, output, relay }: Config, toml: TomlText, path: string): void {
  const refuse = refuserFor(toml, path);
  const known = new Map<string, string>();
  for (const [type, devices] of Object.entries({ reader, input, output, relay })) {
    for (const name of Object.keys(devices)) {
      const other = known.get(name);
      if (other !== undefined) {
        const what = `has the name of ${other}; in the ledger both are devices`;
        throw refuse([type, name], what, 'Give it a name of its own.');
      }
      known.set(name, type === 'input' || type === 'output' ? `an ${type}` : `a ${type}`);
    }
  }
  const pins = new Pins(refuse);
  checkOutputs(output, pins, refuse);
  checkInputs(input, output, pins, refuse);
  checkReaders(reader, pins, refuse);
}

function withPaths(config: Config, folder: string): Config {
  const whole = (path: string) => (isAbsolute(path) ? path : join(folder, path));
  const readers = Object.entries(config.reader).map(([name, reader]) => {
    const port = 'port' in reader ? { port: whole(reader.port) } : {};
    const feed = 'feed' in reader && reader.feed !== undefined ? { feed: whole(reader.feed) } : {};
    const path = 'path' in reader ? { path: whole(reader.path) } : {};
    return [name, { ...reader, ...port, ...path, ...feed }];
  });
  return {
    ...config,
    control: { socket: socketPath(whole(config.control.socket)) },
    pins: { socket: socketPath(whole(config.pins.socket)), options: whole(config.pins.options) },
    reader: Object.fromEntries(readers),
  };
}

/** sockaddr_un of Linux holds 108 bytes with the final NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

function socketPath(path: string): string {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new CodedError(
      'config_socket_path',
      `the path of a socket has at most ${SOCKET_PATH_BYTES_MAX} bytes: ${path}`,
      {
        fields: { path },
        advice: 'Move the folder to a shorter path, or name the sockets in blockmesh.toml.',
      },
    );
  }
  return path;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
