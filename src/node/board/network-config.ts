import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type CardNote, note } from './card-note.ts';
import { type CardPatch, isMasked, MASK, maskOver, NO_PATCH } from './card-patch.ts';
import { checkedPatch } from './card-schema.ts';
import type { NetworkSettings } from './settings.ts';
import { parseYaml } from './yaml.ts';

/**
 * The file `network-config`: version 2 of cloud-init's network configuration, which is netplan's, as Raspberry Pi Imager
 * writes it and as far as a door needs it: one Wi-Fi network, and the address of the wire.
 * @throws yaml_syntax, config_invalid, with the line.
 */
export async function parseNetworkConfig(source: string, name: string): Promise<CardPatch> {
  const yaml = await parseYaml(source, name);
  const isWrapped = isJsonObject(yaml.value.network);
  const above = isWrapped ? ['network'] : [];
  const network = isWrapped ? (yaml.value.network as JsonObject) : yaml.value;
  const [wifi] = tables(network.wifis);
  const [point] = tables(wifi?.value['access-points']);
  const [wire] = tables(network.ethernets);
  const notes: CardNote[] = [];
  if (tables(network.wifis).length > 1 || tables(wifi?.value['access-points']).length > 1) {
    notes.push(note('network_ignored', `${name}: of several Wi-Fi networks the first is taken`, 'Name one of them.'));
  }
  const password = point === undefined ? null : passwordOf(point.value);
  const path = ['wifis', wifi?.key ?? '', 'access-points', point?.key ?? '', ...(password?.path ?? [])];
  const at = [...above, ...path];
  const isOpen = point !== undefined && password === null;
  const secret = password === null || isMasked(password.text) ? {} : { password: password.text };
  const country = wifi?.value['regulatory-domain'];
  const patch = {
    ...NO_PATCH,
    wifi: {
      ...(point === undefined ? {} : { ssid: point.key, hidden: isYes(point.value.hidden), open: isOpen, ...secret }),
      ...(typeof country === 'string' ? { country: country.toUpperCase() } : {}),
    },
    network: wire === undefined ? {} : wired(wire.value),
    masks: 'password' in secret ? maskOver(yaml.bytesOf(at), `"${MASK}"`) : [],
    notes,
    lineOf: () => yaml.lineOf(at),
  };
  return checkedPatch(patch, name);
}

/** Netplan has it beside the name, or in `auth`. Imager writes an empty one for an open network. */
function passwordOf(point: JsonObject): { readonly text: string; readonly path: readonly string[] } | null {
  const auth = isJsonObject(point.auth) ? point.auth : {};
  const [text, path] = 'password' in point ? [point.password, ['password']] : [auth.password, ['auth', 'password']];
  return typeof text === 'string' && text !== '' ? { text, path } : null;
}

function wired(wire: JsonObject): NetworkSettings & { readonly dhcp?: boolean } {
  const address = texts(wire.addresses)[0];
  if (address === undefined) return isYes(wire.dhcp4) ? { dhcp: true } : {};
  const routes = Array.isArray(wire.routes) ? (wire.routes as readonly Json[]).filter(isJsonObject) : [];
  const standard = routes.find(({ to }) => to === 'default' || to === '0.0.0.0/0');
  const gateway = wire.gateway4 ?? standard?.via;
  const dns = isJsonObject(wire.nameservers) ? texts(wire.nameservers.addresses) : [];
  return { address, ...(typeof gateway === 'string' ? { gateway } : {}), ...(dns.length === 0 ? {} : { dns }) };
}

interface Named {
  readonly key: string;
  readonly value: JsonObject;
}

function tables(value: Json | undefined): readonly Named[] {
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => (isJsonObject(one) ? [{ key, value: one }] : []));
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** As YAML 1.1 has it. */
function isYes(value: Json | undefined): boolean {
  return typeof value === 'string' && /^(y|yes|true|on)$/i.test(value);
}
