from django.db import migrations


def add_currencies(apps, schema_editor):
    currency = apps.get_model("catalog", "Currency")
    currency.objects.get_or_create(code="EUR", defaults={"precision": 2, "is_default": True})
    currency.objects.get_or_create(code="RUB", defaults={"precision": 2, "is_default": False})


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(add_currencies, migrations.RunPython.noop)]
