// How a program uses the types: log in, draft an invoice, issue it. Compiled in CI, so that it stays true.

import type { components, operations } from "./api.js";

type Schemas = components["schemas"];
type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody?: { content: { "application/json": infer Json } };
}
  ? Json
  : never;

export class Refused extends Error {
  constructor(readonly problem: Schemas["Problem"]) {
    super(problem.errors.map((error) => `${error.pointer}: ${error.message}`).join("; ") || problem.title);
  }
}

export class Api {
  private constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  static async logIn(base: string, login: Body<"log_in">): Promise<Api> {
    const tokens = await new Api(base, "").post<Schemas["Tokens"]>("auth/login", login);
    return new Api(base, tokens.access_token);
  }

  /** Drafts an invoice and issues it. Asked again with the same key, it answers with the same invoice. */
  async invoice(content: Body<"create_invoice">, key: string): Promise<Schemas["Invoice"]> {
    const draft = await this.post<Schemas["Invoice"]>("invoices", content, `${key}-draft`);
    return this.post<Schemas["Invoice"]>(`invoices/${draft.id}/publish`, {}, `${key}-issue`);
  }

  private async post<Answer>(path: string, body: object, key?: string): Promise<Answer> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token) headers["authorization"] = `Bearer ${this.token}`;
    if (key) headers["idempotency-key"] = key;
    const answer = await fetch(`${this.base}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Refused(await answer.json());
    return answer.json();
  }
}

export const lamps = (client: string): Body<"create_invoice"> => ({
  client,
  currency: "EUR",
  lines: [{ name: "Lamp", quantity: "3", price: "19.95", taxes: [{ category: "S", rate: "20" }] }],
  // One of several forms: with `kind: "on"` the compiler asks for a `date` and takes no `days`.
  terms: { due: { kind: "days", days: 14 } },
});

// @ts-expect-error An amount is a text: a number would have been rounded already.
export const rounded: Schemas["Line"]["price"] = 19.95;

// @ts-expect-error A number of days says nothing about a day.
export const mixed: Schemas["Due"] = { kind: "on", days: 14 };
