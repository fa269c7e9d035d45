/** What stands in clear for a tool whose name is not known to be the application's own, or is no plain name. */
export const UNKNOWN_TOOL = "unknown_tool";

/**
 * The name of a known tool as it goes out in clear, or undefined where `unknown_tool` has to stand for it. Known means
 * declared to the model in this run, wrapped by this package, or really run: whoever calls this has seen to that, since
 * any other name may be a model's invention and so content.
 */
export function toolNameInClear(name: unknown): string | undefined {
  return typeof name === "string" && /^[A-Za-z0-9_.:/-]{1,128}$/.test(name) ? name : undefined;
}

/**
 * The id of the model that answered as it goes out in clear, or undefined where the requested one has to stand for it:
 * a server's answer may name anything. A name is `[A-Za-z0-9._:/@-]{1,128}` and neither a path nor an address nor
 * a file of weights (`qwen/qwen3-32b` is one, `/models/x.gguf` is not).
 */
export function modelIdInClear(candidate: unknown): string | undefined {
  if (typeof candidate !== "string" || !/^[A-Za-z0-9._:/@-]{1,128}$/.test(candidate)) return undefined;
  if (candidate.startsWith("/") || candidate.includes("://") || weightsFile.test(candidate)) return undefined;
  return candidate;
}

const weightsFile =
  /\.(?:gguf|ggml|safetensors|bin|pt|pth|onnx|ckpt|h5|keras|tflite|pb|pkl|npz|msgpack|mlmodel|llamafile|engine)$/i;
