-- The rows that a night's renewal invoices are, by the database alone: one statement a table, PostgreSQL.
-- Frozen: it changes only with the rows that the action writes. Parameters: now, today, until, duty_run.
-- One service a client, one line, one tax of a fifth on top, the same snapshots, entries, event, letter and item.

INSERT INTO billing_invoice (client_id, kind, currency_id, status, payment_method, issue_date, due_date, subtotal, tax,
    total, amount_paid, amount_credited, amount_refunded, seller, buyer, language, exchange_rate, notes)
SELECT s.client_id, 'SALE', s.currency_id, 'UNPAID', 'bank_transfer', %(today)s, s.next_due_date, s.recurring_amount,
    round(s.recurring_amount * 0.2, 2), s.recurring_amount + round(s.recurring_amount * 0.2, 2), 0, 0, 0, %(seller)s,
    jsonb_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'company', c.company,
        'email', c.email, 'address1', c.address1, 'address2', c.address2, 'city', c.city, 'state', c.state,
        'postcode', c.postcode, 'tax_id', c.tax_id, 'phone', c.phone, 'country', c.country),
    c.language, 1, ''
FROM billing_service s JOIN billing_client c ON c.id = s.client_id
WHERE s.status IN ('ACTIVE', 'SUSPENDED') AND s.next_due_date <= %(until)s;

INSERT INTO billing_invoiceline (invoice_id, service_id, kind, description, period_start, period_end, amount, tax, taxes,
    tax_ground, is_voided)
SELECT i.id, s.id, 'SERVICE', l.description, s.next_due_date, s.next_due_date + interval '1 month', s.recurring_amount,
    i.tax, jsonb_build_array(jsonb_build_array('VAT', '20', i.tax::text)), 'RULES', false
FROM billing_service s JOIN billing_invoice i ON i.client_id = s.client_id
JOIN billing_orderline l ON l.id = s.order_line_id;

INSERT INTO billing_posting (kind, client_id, invoice_id, posted_at)
SELECT 'invoice.issued', client_id, id, %(now)s FROM billing_invoice;

INSERT INTO billing_ledgerentry (posting_id, account, client_id, currency_id, amount)
SELECT p.id, side.account, i.client_id, i.currency_id, side.share * i.subtotal + side.tax * i.tax
FROM billing_posting p JOIN billing_invoice i ON i.id = p.invoice_id
CROSS JOIN (VALUES ('RECEIVABLE', 1, 1), ('REVENUE', -1, 0), ('TAX', 0, -1)) AS side (account, share, tax);

INSERT INTO billing_event (name, at, actor, client_id, invoice_id, data)
SELECT 'invoice.issued', %(now)s, '', client_id, id, '{}' FROM billing_invoice;

INSERT INTO billing_email (event_id, client_id, letter, recipient, language, status, subject, attempt, run_after, error,
    attachment, body, token, resend_count)
SELECT e.id, c.id, e.name, c.email, c.language, 'READY', '', 0, %(now)s, '', '', '', '', 0
FROM billing_event e JOIN billing_client c ON c.id = e.client_id
WHERE e.name = 'invoice.issued';

INSERT INTO billing_dutyitem (duty_run_id, object_type, object_id, outcome, is_failed, amount, currency_id)
SELECT %(duty_run)s, 'invoice', i.id, '1 service of client ' || i.client_id, false, i.total, i.currency_id
FROM billing_invoice i;
