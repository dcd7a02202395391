/**
 * HTTP/2 from a client to a server, frame by frame and stream by stream: windows, resets, trailers, pings and goodbyes
 * are those of the two ends. Only headers are opened, judged, swapped and written anew, and a request that is refused is
 * answered here and never reaches the server.
 *
 * Not node:http2: Bun's (1.4.5) shows a stream that the server resets as one that ended well, so that a cut answer would
 * pass for a whole one; and with two sessions back to back, windows are not those of the ends.
 */

import { ConnectionError, errorCode, frameType, numberFrame, preface } from "../http2/frames.ts"
import { Greeting } from "../http2/greeting.ts"
import { initialWindow } from "../http2/settings.ts"
import { ClientWindow } from "../http2/window.ts"
import type { Bridge, BridgeEnds, Outcome } from "./bridge.ts"
import type { EndedHost } from "./decision.ts"
import { AnswersWay } from "./http2-answers-way.ts"
import { RequestsWay } from "./http2-requests-way.ts"
import { Streams } from "./http2-streams.ts"

/** What both ways of a connection know. */
export type Http2Shared = BridgeEnds & {
  ended: EndedHost
  streams: Streams
  window: ClientWindow
  /** what the client takes of one stream before it gives credit */
  streamWindow: number
  greeting: Greeting
}

export class Http2Bridge implements Bridge {
  readonly #shared: Http2Shared
  readonly #requests: RequestsWay
  readonly #answers: AnswersWay

  constructor(ended: EndedHost, ends: BridgeEnds) {
    const greeting = new Greeting(ends.toClient)
    this.#shared = {
      ...ends,
      toClient: bytes => greeting.send(bytes),
      ended,
      streams: new Streams(ends.record),
      window: new ClientWindow(),
      streamWindow: initialWindow,
      greeting,
    }
    this.#answers = new AnswersWay(this.#shared)
    this.#requests = new RequestsWay(this.#shared, () => this.#answers.resume())
    ends.toServer(preface)
  }

  /** A server that does not greet must not make us gather what we would answer. */
  get holdsClient(): boolean {
    return this.#shared.greeting.isFull
  }

  get isBehind(): boolean {
    return this.#requests.isBehind
  }

  /** Frames of the server wait for credit of the client. */
  get holdsServer(): boolean {
    return this.#answers.isWaiting
  }

  fromClient(bytes: Buffer): Outcome {
    return this.#guarded(() => this.#requests.push(bytes))
  }

  fromServer(bytes: Buffer): Outcome {
    return this.#guarded(() => this.#answers.push(bytes))
  }

  serverEnded(): Outcome {
    return this.#shared.streams.count === 0 ? "over" : "cut"
  }

  close(): void {
    this.#shared.streams.dropAll()
  }

  #guarded(step: () => void): Outcome {
    try {
      step()
      return "goes on"
    } catch (cause) {
      if (!(cause instanceof ConnectionError)) throw cause
      this.#shared.toClient(numberFrame(frameType.goAway, 0, this.#shared.streams.last, cause.code))
      this.#shared.toServer(numberFrame(frameType.goAway, 0, 0, errorCode.none))
      return "over"
    }
  }
}
