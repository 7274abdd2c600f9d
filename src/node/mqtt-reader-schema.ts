import { DEVICE_NAME, table, text } from './schema-parts.ts';

/** A reader that reports by MQTT. */
interface MqttConfig {
  /** As the ledger calls it: `blockmesh device add`. */
  readonly device: string;
}

/** Its messages do not say what kind of card it reads. */
interface MqttUidConfig extends MqttConfig {
  readonly family: 'em4100' | 'iso14443a';
}

interface TasmotaConfig extends MqttConfig {
  readonly driver: 'tasmota';
}

interface EspRfidConfig extends MqttUidConfig {
  readonly driver: 'esp-rfid';
}

interface MqttTopicConfig extends MqttUidConfig {
  readonly driver: 'esphome' | 'mqtt';
  /** Where the device says the UID and nothing else; one of its own topics. */
  readonly topic: string;
}

export type MqttReaderConfig = TasmotaConfig | EspRfidConfig | MqttTopicConfig;

const DEVICE = { type: 'string', pattern: DEVICE_NAME };
const FAMILY = { enum: ['em4100', 'iso14443a'], default: 'iso14443a' };
const TOPIC = { ...text, pattern: '^[^+#\\p{Cc}]*$' };

/** The table of each driver. */
export function mqttTables(): Readonly<Record<MqttReaderConfig['driver'], object>> {
  return {
    tasmota: table({ driver: { const: 'tasmota' }, device: DEVICE }, ['device']),
    'esp-rfid': table({ driver: { const: 'esp-rfid' }, device: DEVICE, family: FAMILY }, ['device']),
    esphome: table({ driver: { const: 'esphome' }, device: DEVICE, family: FAMILY, topic: TOPIC }, ['device', 'topic']),
    mqtt: table({ driver: { const: 'mqtt' }, device: DEVICE, family: FAMILY, topic: TOPIC }, ['device', 'topic']),
  };
}
