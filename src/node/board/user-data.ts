import { isJsonObject, type Json } from '../../base/json.ts';
import { type CardNote, note } from './card-note.ts';
import { type CardPatch, NO_PATCH } from './card-patch.ts';
import { checkedPatch } from './card-schema.ts';
import { parseYaml, type YamlText } from './yaml.ts';

/**
 * What Raspberry Pi Imager writes into `user-data` (`src/customization_generator.cpp` of rpi-imager 2) and means
 * nothing here: packages and users of another system, a keyboard that nobody has.
 */
const PASSED_OVER: readonly string[] = [
  'manage_etc_hosts',
  'packages',
  'apt',
  'keyboard',
  'locale',
  'enable_ssh',
  'rpi',
  'runcmd',
];

/**
 * Host name, time zone and public keys of SSH. Never a password, nor a user: whoever comes by SSH is root, by key.
 * @throws yaml_syntax, config_invalid, with the line.
 */
export async function parseUserData(source: string, name: string): Promise<CardPatch> {
  const yaml = await parseYaml(source, name);
  const { hostname, timezone, users, ssh_authorized_keys, ssh_pwauth, ...rest } = yaml.value;
  const listed = Array.isArray(users) ? (users as readonly Json[]).filter(isJsonObject) : [];
  const keys = [ssh_authorized_keys, ...listed.map((user) => user.ssh_authorized_keys)].flatMap(texts);
  const hasPassword =
    ssh_pwauth === 'true' || listed.some(({ passwd, plain_text_passwd }) => passwd ?? plain_text_passwd);
  const unknown = Object.keys(rest).filter((key) => !PASSED_OVER.includes(key));
  const patch = {
    ...NO_PATCH,
    board: {
      ...(typeof hostname === 'string' ? { hostname } : {}),
      ...(typeof timezone === 'string' ? { timezone } : {}),
    },
    ssh: keys.length === 0 ? {} : { keys },
    notes: [...(hasPassword ? [noPassword(name)] : []), ...unknown.map((key) => unknownKey(name, yaml, key))],
    lineOf: yaml.lineOf,
  };
  return checkedPatch(patch, name);
}

function noPassword(name: string): CardNote {
  return note(
    'password_ignored',
    `${name}: the password in it is not taken, for this board has none`,
    'Choose a public key in Imager, and log in as root with it: ssh -p 22222 root@HOST.',
  );
}

function unknownKey(name: string, yaml: YamlText, key: string): CardNote {
  const what = `${name} line ${yaml.lineOf([key])}: ${key} means nothing to this board and is passed over`;
  return note('user_data_ignored', what, 'What it can be told stands in blockmesh.toml.');
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
