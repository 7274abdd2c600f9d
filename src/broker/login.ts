import type { Client } from 'aedes';
import { assert } from '../base/assert.ts';
import { MQTT_CLIENT_NAME_BYTES_MAX } from '../base/limits.ts';
import type { Clients } from './clients.ts';
import { Connection } from './connection.ts';
import { type DeviceBook, isPassword } from './devices.ts';
import type { Drops } from './drops.ts';

/** Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3). */
const IDENTIFIER_REJECTED = 2;
const UNAVAILABLE = 3;
const BAD_USER_OR_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

const CLIENT_NAME = /^\P{Cc}*$/u;
const DEVICE_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

interface LoginParts {
  readonly book: DeviceBook;
  readonly clients: Clients;
  readonly drops: Drops;
}

interface Refusal {
  readonly returnCode: number;
  readonly message: string;
}

/** Null when the client is let in, and known from then on. */
export function refuseLogin(
  { book, clients, drops }: LoginParts,
  client: Client,
  username: string,
  password: Uint8Array | undefined,
): Refusal | null {
  const connection = client.conn;
  assert(connection instanceof Connection, 'aedes serves our connections alone');
  const refused = (returnCode: number, code: string, message: string): Refusal => {
    drops.add(code, DEVICE_NAME.test(username) ? username : connection.remote, message);
    return { returnCode, message };
  };
  const name = client.id.slice(username.length + 1);
  if (name === '' || Buffer.byteLength(name) > MQTT_CLIENT_NAME_BYTES_MAX || !CLIENT_NAME.test(name)) {
    return refused(IDENTIFIER_REJECTED, 'client_name', 'it calls itself nothing, or something too long');
  }
  const device = DEVICE_NAME.test(username) ? book.find(username) : null;
  // By address where nobody is known by that name: else whoever guesses names fills the log.
  if (!isPassword(device, password) || device === null) {
    drops.add('password_wrong', connection.remote, 'somebody gave a wrong name or password');
    return { returnCode: BAD_USER_OR_PASSWORD, message: 'wrong name or password' };
  }
  if (connection.way === 'plain' && !device.plain) {
    return refused(NOT_AUTHORIZED, 'plain_refused', 'it came without TLS and was not added with --plain');
  }
  if (!clients.join(client.id, connection)) {
    return refused(UNAVAILABLE, 'device_connections', 'it has too many connections');
  }
  return null;
}
