"""What the partner says, in its two languages. The call's `lang` chooses, hence no gettext."""

_FIELDS: dict[str, tuple[str, str]] = {
    "ip": ("IP-address", "IP-адрес"),
    "period": ("Period", "Период"),
    "pricelist": ("Tariff plan", "Тарифный план"),
    "licname": ("License name", "Имя лицензии"),
    "item": ("License", "Лицензия"),
    "autoprolong": ("Auto-renewal", "Автопродление"),
    "bitninja_email": ("BitNinja e-mail", "E-mail для BitNinja"),
    "domain": ("Domain name", "Доменное имя"),
    "target_ip": ("Target IP-address", "Целевой IP-адрес"),
    "key": ("Key", "Ключ"),
    "lickey": ("License key", "Ключ лицензии"),
    "status": ("Status", "Статус"),
    "crt_type": ("CSR source", "Источник CSR"),
    "csr": ("CSR", "CSR"),
    "CN": ("Domain name", "Доменное имя"),
    "field_country": ("Country", "Страна"),
    "ST": ("State", "Регион"),
    "L": ("City", "Город"),
    "O": ("Organization", "Организация"),
    "emailAddress": ("E-mail", "E-mail"),
    "altname": ("Additional domains", "Дополнительные домены"),
    "approver_method": ("Domain validation", "Проверка домена"),
    "approver_email_1": ("Approver's e-mail", "E-mail для подтверждения"),
    "service_status": ("Certificate status", "Статус сертификата"),
    "username": ("Username", "Имя пользователя"),
}
_WORDS: dict[str, tuple[str, str]] = {
    "bad_password": ("Invalid username or password", "Неверное имя пользователя или пароль"),
    "bad_ip": ("Access from this IP denied", "Доступ с этого IP-адреса запрещён"),
    "locked": (
        "Too many wrong passwords: the account is blocked for {seconds} seconds",
        "Слишком много неверных паролей: учётная запись заблокирована на {seconds} с",
    ),
    "no_access": (
        "Insufficient privileges to access the function '{func}'",
        "Недостаточно прав для доступа к функции '{func}'",
    ),
    "no_func": ("Could not find function '{func}'", "Не удалось найти функцию '{func}'"),
    "no_item": ("The item does not exist", "Услуга не существует"),
    "no_billorder": ("The order does not exist", "Заказ не существует"),
    "empty": (
        "The '{field}' field has invalid value. The value cannot be empty",
        "Поле '{field}' имеет недопустимое значение. Значение не может быть пустым",
    ),
    "invalid": ("The '{field}' field has invalid value.", "Поле '{field}' имеет недопустимое значение."),
    "exists": ("{what} already exists", "{what} уже существует"),
    "licence_on_ip": (
        "The license for the IP address {ip} already exists",
        "Лицензия на IP-адрес {ip} уже существует",
    ),
    "wizard": (
        "You are trying to access the '{step}' step that is currently not available",
        "Вы пытаетесь открыть шаг '{step}', который сейчас недоступен",
    ),
    "too_early": (
        "The service can be renewed only after {date}",
        "Услугу можно продлить только после {date}",
    ),
    "not_processed": (
        "Cannot renew this service: the service has not been processed yet, the service was deleted or being"
        " deleted/prolonged at the moment",
        "Невозможно продлить услугу: услуга ещё не обработана, удалена либо удаляется или продлевается в данный момент",
    ),
    "trial": ("A trial cannot be renewed", "Пробный период нельзя продлить"),
    "min_order": (
        "The minimum order amount is {minimum}, {left} left before the service can be deleted",
        "Минимальная сумма заказа {minimum}, до возможности удаления услуги осталось {left}",
    ),
    "ip_changed_recently": (
        "The IP address can be changed once in 30 days",
        "IP-адрес можно менять не чаще одного раза в 30 дней",
    ),
    "key_changed_recently": (
        "The license key can be changed once in 30 days",
        "Ключ лицензии можно менять не чаще одного раза в 30 дней",
    ),
    "already_so": ("The service is in this status already", "Услуга уже находится в этом статусе"),
    "not_issued": ("The certificate has not been issued yet", "Сертификат ещё не выпущен"),
    "not_awaited": ("The certificate is not being issued", "Сертификат сейчас не выпускается"),
    "no_money": (
        "There are insufficient funds to complete the operation. Required amount {required}."
        " Your current balance: {balance}, credit limit {credit}",
        "Недостаточно средств для выполнения операции. Необходимая сумма {required}."
        " Текущий баланс: {balance}, кредитный лимит {credit}",
    ),
    "in_process": ("Request in process, please wait", "Ваш запрос обрабатывается, пожалуйста, подождите"),
    "expired": (
        "The service period is over: renew the service first",
        "Срок действия услуги закончился: сначала продлите услугу",
    ),
    "refused": ("The operation is refused", "В операции отказано"),
    "status_1": ("Ordered", "Заказан"),
    "status_2": ("Active", "Активен"),
    "status_3": ("Suspended", "Остановлен"),
    "status_4": ("Deleted", "Удалён"),
    "status_5": ("Processing", "Обрабатывается"),
    "period_-100": ("Trial", "Пробный период"),
    "period_1": ("Month", "Месяц"),
    "period_3": ("Three months", "Три месяца"),
    "period_6": ("Six months", "Полгода"),
    "period_12": ("Year", "Год"),
    "period_24": ("Two years", "Два года"),
    "autoprolong_off": ("Disabled", "Отключено"),
    "order": ("Order of service #{item}", "Заказ услуги №{item}"),
    "prolong": ("Renewal of service #{item}", "Продление услуги №{item}"),
    "auto_prolong": ("Automatic renewal of service #{item}", "Автоматическое продление услуги №{item}"),
    "addon": ("Resources of service #{item}", "Ресурсы услуги №{item}"),
}


def field_title(field: str, lang: str) -> str:
    """What the partner calls a form field in front of people; the field's own name where it has no title."""
    english, russian = _FIELDS.get(field, (field, field))
    return russian if lang == "ru" else english


def say(key: str, lang: str, **values: object) -> str:
    """The text `key` in `lang` (English for anything but `ru`). Raises KeyError for an unknown key."""
    english, russian = _WORDS[key]
    return (russian if lang == "ru" else english).format(**values)
