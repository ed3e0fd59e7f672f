// Keep the interested leads as customers, with amqplib and Node's own SQLite.

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';

const DECISIONS = ['lead_interested_created', 'lead_not_interested_created'];
const TYPES = [...DECISIONS, 'lead_erased'];
const ERASED = 2 ** 53; // the rev of an erased lead: nothing that comes later is newer

const QUEUE = 'billing.leads';
const DEAD = 'billing.dead';
const DAY = 24 * 3600 * 1000;
const BOUNDED = {
  'x-queue-type': 'quorum',
  'x-max-length-bytes': 2 ** 30, // too long: the oldest go
  'x-overflow': 'drop-head',
};
const DEAD_ARGUMENTS = { ...BOUNDED, 'x-message-ttl': 30 * DAY };
const ARGUMENTS = {
  ...BOUNDED,
  'x-expires': 14 * DAY, // unread for two weeks: it goes
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': DEAD,
};

const database = new DatabaseSync('billing.db');
database.exec(`
  CREATE TABLE IF NOT EXISTS inbox (source, id, PRIMARY KEY (source, id));
  CREATE TABLE IF NOT EXISTS customers (lead_id PRIMARY KEY, email, interested, rev);
`);
const noteKey = database.prepare('INSERT INTO inbox VALUES (?, ?) ON CONFLICT DO NOTHING');
const take = database.prepare(`
  INSERT INTO customers VALUES (?, ?, ?, ?)
  ON CONFLICT (lead_id) DO UPDATE
  SET email = excluded.email, interested = excluded.interested, rev = excluded.rev
  WHERE rev < excluded.rev -- the newer is taken, the older dropped
`);

function handle(event) {
  if (!TYPES.includes(event.type)) return; // a replay may bring every type
  database.exec('BEGIN IMMEDIATE'); // one transaction: the event's key and its effect, or neither
  try {
    if (noteKey.run(event.source, event.id).changes) take.run(...customer(event));
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function customer({ type, data: { lead, work } }) {
  // `work` is the whole state of the work on the lead, with its rev.
  const rev = DECISIONS.includes(type) ? (work ?? lead).rev : ERASED;
  return [lead.id, lead.email ?? null, Number(type === 'lead_interested_created'), rev];
}

async function consume() {
  const connection = await amqp.connect(process.env.AMQP_URL, { timeout: 10_000 });
  try {
    const closed = new Promise((resolve) => connection.once('close', resolve));
    connection.on('error', () => {}); // 'close' follows
    const channel = await connection.createChannel();
    const ended = new Promise((resolve) => channel.once('close', resolve));
    channel.on('error', (error) => console.error('channel lost:', error.code));
    await channel.prefetch(20);
    await channel.assertQueue(DEAD, { durable: true, arguments: DEAD_ARGUMENTS });
    await channel.assertQueue(QUEUE, { durable: true, arguments: ARGUMENTS });
    for (const type of TYPES) {
      await channel.bindQueue(QUEUE, 'leadwire.events', type);
    }
    await channel.bindQueue(QUEUE, 'leadwire.directed', QUEUE); // allows replays
    await channel.consume(QUEUE, (message) => {
      if (message === null) return channel.close().catch(() => {}); // the queue was deleted
      try {
        handle(JSON.parse(message.content));
        channel.ack(message);
      } catch (error) {
        console.error('set aside:', error.name);
        channel.nack(message, false, false); // to billing.dead
      }
    });
    console.log('subscribed');
    await Promise.race([closed, ended]);
  } finally {
    await connection.close().catch(() => {});
  }
}

for (;;) {
  await consume().catch((error) => console.error('connection lost:', error.code ?? error.name));
  await pause(2000); // then from the start
}
