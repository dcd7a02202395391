/** A tunnel through a SOCKS proxy: question and answer, until it has connected. */
import { UpstreamRefused } from "../streams/ended-connection.ts"
import type { Target } from "./http-tunnel.ts"
import { answerOf, type Conversation } from "./proxy-answer.ts"
import type { ProxyLogin } from "./proxy-url.ts"
import {
  greeting,
  loginMessage,
  readLogin,
  readMethod,
  readReply4,
  readReply5,
  request4,
  request5,
} from "./socks-messages.ts"

/** @throws UpstreamRefused when the proxy opens none */
export async function openSocks5Tunnel(
  conversation: Conversation,
  { host, port }: Target,
  login: ProxyLogin | undefined,
): Promise<void> {
  const { stream } = conversation.connected
  // Each message fits into any socket's buffer, and waits for the answer to the one before.
  stream.write(greeting(login))
  const method = await answerOf(conversation, bytes => readMethod(bytes, login !== undefined))
  if (method === "password" && login !== undefined) {
    stream.write(loginMessage(login))
    await answerOf(conversation, readLogin)
  }
  stream.write(request5(host, port))
  await answerOf(conversation, readReply5)
}

/** @throws UpstreamRefused when the proxy opens none */
export async function openSocks4Tunnel(
  conversation: Conversation,
  { host, port }: Target,
  login: ProxyLogin | undefined,
): Promise<void> {
  if (host.includes(":"))
    throw new UpstreamRefused(502, `${conversation.name} speaks SOCKS4, which has no IPv6 addresses`)
  conversation.connected.stream.write(request4(host, port, login?.user ?? ""))
  await answerOf(conversation, readReply4)
}
