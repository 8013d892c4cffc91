// Opens the documentation in a browser as a newcomer would: logs in with "Try it out", authorizes, and creates a client
// and an invoice. Fails on an error in the console, and on any request to elsewhere.
//
//     node visit.js URL CHROMIUM EMAIL PASSWORD SCREENSHOT.png

import { chromium } from "playwright-core";

const [url, executablePath, email, password, screenshot] = process.argv.slice(2);
const wrong = [];

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
page.setDefaultTimeout(120_000);
page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
page.on("pageerror", (error) => wrong.push(`page: ${error.message}`));
page.on("requestfailed", (request) => wrong.push(`${request.url()}: ${request.failure()?.errorText}`));
page.on("request", (request) => {
  const elsewhere = !request.url().startsWith(`${url}/`) && !/^(data|blob):/.test(request.url());
  if (elsewhere) wrong.push(`a request to elsewhere: ${request.url()}`);
});

async function tryOut(operation, body, status) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.locator(".try-out__btn").click();
  await block.locator("textarea.body-param__text").fill(JSON.stringify(body));
  await block.locator("button.execute").click();
  const answer = block.locator(".live-responses-table .response");
  await answer.locator(".response-col_status").filter({ hasText: `${status}` }).waitFor();
  return JSON.parse(await answer.locator(".response-col_description .highlight-code code").first().innerText());
}

try {
  const opened = await page.goto(`${url}/docs/`);
  if (!opened.headers()["content-security-policy"]) wrong.push("no Content-Security-Policy");
  await page.locator(".opblock").first().waitFor();
  await page.screenshot({ path: screenshot });

  const tokens = await tryOut("log_in", { email, password }, 200);
  await page.locator(".auth-wrapper .btn.authorize").first().click();
  await page.locator(".auth-container input").fill(tokens.access_token);
  await page.locator(".auth-btn-wrapper .authorize").click();
  await page.locator(".auth-btn-wrapper .btn-done").click();

  const party = { name: "Kaffeehaus Sperl KG", address: { city: "Wien", country: "AT" } };
  const client = await tryOut("create_client", { party }, 201);
  const line = { name: "Lamp", quantity: "3", price: "19.95", taxes: [{ category: "S", rate: "20" }] };
  const invoice = await tryOut("create_invoice", { client: client.id, currency: "EUR", lines: [line] }, 201);
  if (invoice.totals.payable !== "71.82") wrong.push(`payable is ${invoice.totals.payable}`);
  await page.locator('.opblock[id$="-create_invoice"]').screenshot({ path: screenshot.replace(".png", "-invoice.png") });
} catch (error) {
  wrong.push(error.message);
  await page.screenshot({ path: screenshot });
} finally {
  await browser.close();
}
wrong.forEach((one) => console.error(one));
process.exitCode = wrong.length === 0 ? 0 : 1;
